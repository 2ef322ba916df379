import type { ApprovalRequest, Approver } from '../core/api/kinds.ts';
import { stateOf } from '../core/approval/approval-state.ts';
import { isListed } from '../core/approval/person.ts';
import { openStage, progressOf } from '../core/approval/stages.ts';
import type { People } from '../core/people/people.ts';

/** People of one stage who are written to. More are an announcement, and a mail server takes them for one. */
const ADDRESSES_LIMIT = 50;

/**
 * Addresses of those who may approve in the stages that are open, as far as the people map knows them, without whoever
 * asks. Of a request that has ended, of all stages that were open.
 */
export function approverAddresses(request: ApprovalRequest, people: People): string[] {
  const { requester } = request.spec;
  const own = new Set([requester?.person, requester?.username, requester?.owner]);
  const approvers = asked(request);
  const listed = people.entries.filter(
    ({ person, usernames, groups }) =>
      !own.has(person) &&
      !usernames.some((username) => own.has(username)) &&
      // Who has no username votes by a channel, under the name of the person.
      (usernames.length === 0 ? [person] : usernames).some((username) =>
        isListed(approvers, { username, person, groups }),
      ),
  );
  return [...new Set(listed.flatMap(({ emails }) => emails.slice(0, 1)))].slice(0, ADDRESSES_LIMIT);
}

function asked(request: ApprovalRequest): Approver[] {
  const progress = request.status?.stages ?? [];
  const isPending = stateOf(request) === 'Pending';
  return (request.spec.policies ?? []).flatMap((policy) => {
    const open = openStage(policy, progress);
    return policy.terms.stages.flatMap((stage) => {
      const entry = progressOf(policy, stage, progress);
      if (isPending ? stage !== open : entry?.openedAt === undefined) return [];
      return entry?.escalatedAt === undefined ? stage.approvers : [...stage.approvers, ...(stage.escalateTo ?? [])];
    });
  });
}
