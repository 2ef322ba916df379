import canonicalize from 'canonicalize';
import type { ApprovalRequest, ApprovalVote, PolicyTerms, RequestStatus } from '../../core/api/kinds.ts';
import { approvalState, ENDED } from '../../core/approval/approval-state.ts';
import { isUnacknowledged } from '../../core/approval/break-glass.ts';
import { nextEscalation } from '../../core/approval/escalation.ts';
import { foldVotes } from '../../core/approval/fold-votes.ts';
import { transition } from '../../core/approval/transition.ts';
import { endedAt } from '../../core/decision/lookup.ts';
import { sameTerms } from '../../core/decision/terms.ts';

export interface RequestInput {
  readonly request: ApprovalRequest;
  readonly votes: readonly ApprovalVote[];
  /** The terms of a policy as it is now; undefined where it has gone, or cannot be enforced as it stands. */
  readonly termsNow: (policy: PolicyTerms) => PolicyTerms | undefined;
  readonly now: number;
  /** Up to when the votes are known: time passes for a request only as far, so that no vote cast in time comes too late. */
  readonly votesFreshAt: number;
  readonly retentionMs: number;
}

export type RequestVerdict =
  | { readonly kind: 'Write'; readonly status: RequestStatus }
  | { readonly kind: 'Delete' }
  | { readonly kind: 'Wait'; readonly ms: number };

/** However far its end is, a request is looked at this often: a timer of more than 24 days would fire at once. */
export const LONGEST_WAIT_MS = 3_600_000;

/** A request whose time is over waits for the proof that all its votes are known. */
const SHORTEST_WAIT_MS = 250;

/** What a request needs now. Pure: the shell around it reads, writes and says so. */
export function reconcileRequest({
  request,
  votes,
  termsNow,
  now,
  votesFreshAt,
  retentionMs,
}: RequestInput): RequestVerdict {
  const folded = foldVotes(request, votes, Math.min(now, votesFreshAt));
  const status = revokeIfChanged(request, folded, termsNow, now);
  if (canonicalize(status) !== canonicalize(request.status ?? {})) return { kind: 'Write', status };
  if (ENDED.has(status.state ?? 'Pending')) {
    // Nobody has looked at it yet: it is kept until somebody has.
    if (isUnacknowledged(status)) return { kind: 'Wait', ms: LONGEST_WAIT_MS };
    const left = endedAt(request) + retentionMs - now;
    return left <= 0 ? { kind: 'Delete' } : { kind: 'Wait', ms: Math.min(left, LONGEST_WAIT_MS) };
  }
  const next = nextEscalation(request.spec.policies ?? [], status) ?? Number.POSITIVE_INFINITY;
  const left = Math.min(Date.parse(status.expiresAt ?? ''), next) - now;
  return { kind: 'Wait', ms: Math.min(Math.max(left, SHORTEST_WAIT_MS), LONGEST_WAIT_MS) };
}

/** R30: a policy whose terms changed, or that went away, revokes its open requests. */
function revokeIfChanged(
  request: ApprovalRequest,
  status: RequestStatus,
  termsNow: RequestInput['termsNow'],
  now: number,
): RequestStatus {
  if (ENDED.has(status.state ?? 'Pending')) return status;
  const changed = (request.spec.policies ?? []).find((stored) => {
    const current = termsNow(stored);
    return current === undefined || !sameTerms(stored, current);
  });
  if (changed === undefined) return status;
  const result = transition(
    { ...approvalState(request), status },
    { type: 'PolicyChanged', policy: changed.name },
    now,
  );
  return result.ok ? result.status : status;
}
