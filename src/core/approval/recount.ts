import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../api/kinds.ts';
import { foldVotes } from './fold-votes.ts';
import type { Seals } from './seal.ts';

/** R15: the status that the sealed votes alone give a request, counted from the first, in the order in which they arrived. */
export function recount(
  request: ApprovalRequest,
  votes: readonly ApprovalVote[],
  seals: Pick<Seals, 'isVote'>,
): RequestStatus {
  const { status, ...opened } = request;
  const sealed = votes.filter((vote) => seals.isVote(vote));
  // No time passes: whether the approval is still in time stands in the status, which is sealed too.
  return foldVotes(opened, sealed, Number.NEGATIVE_INFINITY, status?.votes);
}
