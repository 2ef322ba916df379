import type { ApprovalVote } from '../core/api/kinds.ts';
import type { Seals } from '../core/approval/seal.ts';
import type { Watched } from '../ports/watched.ts';

/** The votes on each request, by the request's uid. Votes without our seal are none (R15). */
export function votesByRequest(
  votes: Watched<ApprovalVote>,
  seals: Pick<Seals, 'isVote'>,
): (requestUID: string) => readonly ApprovalVote[] {
  const byRequest = new Map<string, Map<string, ApprovalVote>>();
  const requestOf = new Map<string, string>();
  votes.onChange((key, vote) => {
    const previous = requestOf.get(key);
    if (previous !== undefined) {
      byRequest.get(previous)?.delete(key);
      if (byRequest.get(previous)?.size === 0) byRequest.delete(previous);
    }
    if (vote === undefined || !seals.isVote(vote)) {
      requestOf.delete(key);
      return;
    }
    const request = vote.spec.requestUID;
    requestOf.set(key, request);
    byRequest.set(request, (byRequest.get(request) ?? new Map<string, ApprovalVote>()).set(key, vote));
  });
  return (requestUID) => [...(byRequest.get(requestUID)?.values() ?? [])];
}
