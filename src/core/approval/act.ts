import type { ApprovalRequest, ApprovalVote, VoteDecision } from '../api/kinds.ts';
import { API_VERSION } from '../api/group.ts';
import { sha256 } from '../api/sha256.ts';

/**
 * The name that a person's vote on a request must have: one of every act. The API server's own refusal of a second object
 * of that name is what makes the same vote twice impossible, whatever two replicas know; the name under which a vote was
 * sent is also the one thing that mutating admission cannot change, so it says the act.
 */
export function voteName(
  request: { readonly name: string; readonly uid: string },
  person: string,
  decision: VoteDecision,
): string {
  const act = decision.toLowerCase();
  return `${request.name.slice(0, 180)}-${act}-${sha256([request.uid, person, act]).slice('sha256:'.length, 'sha256:'.length + 16)}`;
}

/** What a vote says of its request. */
export interface VotedOn {
  readonly metadata: Pick<ApprovalRequest['metadata'], 'namespace' | 'name' | 'uid'>;
  readonly spec: Pick<ApprovalRequest['spec'], 'digest'>;
}

/** One act of one person on a request as that person was shown it: the same for every channel. */
export function buildVote(
  request: VotedOn,
  person: string,
  decision: VoteDecision,
  reason: string | undefined,
): ApprovalVote {
  const name = request.metadata.name ?? '';
  const uid = request.metadata.uid ?? '';
  return {
    apiVersion: API_VERSION,
    kind: 'ApprovalVote',
    metadata: { name: voteName({ name, uid }, person, decision), namespace: request.metadata.namespace ?? '' },
    spec: {
      request: name,
      requestUID: uid,
      digest: request.spec.digest ?? '',
      decision,
      ...(reason === undefined ? {} : { reason }),
    },
  };
}
