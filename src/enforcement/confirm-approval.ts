import type { ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import { stateOf } from '../core/approval/approval-state.ts';
import { foldVotes } from '../core/approval/fold-votes.ts';
import type { Seals } from '../core/approval/seal.ts';
import type { EnforcementPorts } from './ports.ts';

export type ConfirmPorts = Pick<EnforcementPorts, 'approvals' | 'settings' | 'votes'>;

/**
 * R15: whether the sealed votes on a request, counted from the first, approve it; what its status says is not asked. The
 * votes in memory are enough where they do; where they do not, memory may be behind and the stored ones are read.
 */
export async function isConfirmed(
  request: ApprovalRequest,
  ports: ConfirmPorts,
  signal: AbortSignal,
): Promise<boolean> {
  const { seals } = ports.settings;
  if (approves(request, ports.votes(request.metadata.uid ?? ''), seals)) return true;
  return approves(request, await ports.approvals.votesOn(request, signal), seals);
}

function approves(request: ApprovalRequest, votes: readonly ApprovalVote[], seals: Seals): boolean {
  const { status, ...opened } = request;
  const sealed = votes.filter((vote) => seals.isVote(vote));
  // No time passes: whether the approval is still in time stands in the status, which is sealed too.
  return stateOf({ status: foldVotes(opened, sealed, Number.NEGATIVE_INFINITY, status?.votes) }) === 'Approved';
}
