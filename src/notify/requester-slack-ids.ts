import type { ApprovalRequest } from '../core/api/kinds.ts';
import type { People } from '../core/people/people.ts';

/** `TEAM/USER` of whoever asked, as the people map knows them; of an agent, of its owner. */
export function slackIdsOfRequester({ spec }: ApprovalRequest, people: People | undefined): readonly string[] {
  const { person, owner } = spec.requester ?? {};
  const entries = [person, owner].flatMap((name) => (name === undefined ? [] : (people?.entryOf(name) ?? [])));
  return entries[0]?.slack ?? [];
}
