import type { ApprovalRequest, CountedVote } from '../../../core/api/kinds.ts';
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
): ApprovalState {
  if (requester === undefined) return state;
  const { person, owner } = people.ofUsername(requester.username);
  return { ...state, excluded: [...state.excluded, person, ...(owner === undefined ? [] : [owner])] };
}

/** Whether the voter has decided already under a name that the map has come to know as theirs since. */
export function votedByAnotherName(
  votes: readonly CountedVote[] | undefined,
  { person, decision }: Pick<CastVote, 'person' | 'decision'>,
  people: People,
): boolean {
  const isOnce = decision === 'Approve' || decision === 'Deny';
  return (
    isOnce &&
    (votes ?? []).some(
      (vote) =>
        vote.decision !== 'Acknowledge' && vote.person !== person && people.ofUsername(vote.username).person === person,
    )
  );
}
