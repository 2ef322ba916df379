import type { ApprovalRequest, ApprovalVote, CountedVote, VoteDecision } from '../../../core/api/kinds.ts';
import type { ApprovalState, CastVote } from '../../../core/approval/approval-state.ts';
import type { People } from '../../../core/people/people.ts';

/**
 * R21: the map may have come to know since a request was opened that its requester, or the owner of an agent, is the voter.
 * Whom the map then knew never counts either: nobody approves their own request by having themselves renamed.
 */
export function asKnownNow(
  state: ApprovalState,
  { spec: { requester } }: ApprovalRequest,
  people: People,
  voter: Pick<CastVote, 'person' | 'alias'>,
): ApprovalState {
  if (requester === undefined) return state;
  const { person, owner } = people.ofUsername(requester.username);
  const excluded = [...state.excluded, person, ...(owner === undefined ? [] : [owner])];
  const also = voter.alias === undefined ? undefined : people.ofUsername(voter.alias).person;
  return {
    ...state,
    excluded: also !== undefined && excluded.includes(also) ? [...excluded, voter.person] : excluded,
  };
}

/** Whether somebody has decided in the console with an ID token that says this username, which the map does not list. */
export function votedByToken(
  votes: readonly CountedVote[] | undefined,
  stored: readonly ApprovalVote[],
  { username, decision }: Pick<CastVote, 'username' | 'decision'>,
): boolean {
  if (!isOnce(decision)) return false;
  const counted = new Set((votes ?? []).flatMap((vote) => (vote.decision === 'Acknowledge' ? [] : [vote.uid])));
  return stored.some(
    ({ metadata, spec: { onBehalfOf } }) =>
      onBehalfOf?.kind === 'OIDC' && onBehalfOf.id === username && counted.has(metadata.uid ?? ''),
  );
}

/** Whether the voter has decided already under a name that the map has come to know as theirs since. */
export function votedByAnotherName(
  votes: readonly CountedVote[] | undefined,
  { person, decision }: Pick<CastVote, 'person' | 'decision'>,
  people: People,
): boolean {
  return (
    isOnce(decision) &&
    (votes ?? []).some(
      (vote) =>
        vote.decision !== 'Acknowledge' && vote.person !== person && people.ofUsername(vote.username).person === person,
    )
  );
}

function isOnce(decision: VoteDecision): boolean {
  return decision === 'Approve' || decision === 'Deny';
}
