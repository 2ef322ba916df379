import { join } from 'node:path';
import { inject } from 'vitest';
import type { ApprovalRequest, VoteDecision } from '../../../src/core/api/kinds.ts';
import { buildVote } from '../../../src/core/approval/act.ts';
import type { OnBehalfOf } from '../../../src/core/people/people.ts';
import { type Result, runProgram } from './kubectl.ts';

/** kubectl with the token of Sallyport itself. */
export function asSallyport(args: readonly string[], stdin = ''): Promise<Result> {
  const { kubectl, place } = inject('e2e');
  return runProgram(kubectl, ['--kubeconfig', join(place.directory, 'sallyport.kubeconfig'), ...args], { stdin });
}

/** A vote as a channel casts it, with Sallyport's own token. */
export function castBy(
  onBehalfOf: OnBehalfOf,
  person: string,
  asked: ApprovalRequest,
  decision: VoteDecision = 'Approve',
): Promise<Result> {
  return asSallyport(['create', '-f', '-'], JSON.stringify(voteOnBehalf(onBehalfOf, person, asked, decision)));
}

export function voteOnBehalf(
  onBehalfOf: OnBehalfOf,
  person: string,
  asked: ApprovalRequest,
  decision: VoteDecision = 'Approve',
): object {
  const vote = buildVote(asked, person, decision, undefined);
  return { ...vote, spec: { ...vote.spec, onBehalfOf } };
}

/** Somebody of the people map that tools/install writes. */
export function bySlack(person: string, ...slackGroups: readonly string[]): OnBehalfOf {
  return { kind: 'Slack', id: `T0SALLYPORT/U0${person.toUpperCase()}`, slackGroups: [...slackGroups] };
}

/** The same, signed in to the console. */
export function byConsole(person: string): OnBehalfOf {
  return { kind: 'OIDC', id: `oidc:${person}`, email: `${person}@example.com` };
}
