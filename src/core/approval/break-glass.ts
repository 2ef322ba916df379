import type { PolicyTerms, RequestStatus, StageProgress } from '../api/kinds.ts';
import type { CastVote } from './approval-state.ts';
import { grantOf } from './grant.ts';
import { isListed } from './person.ts';
import { reasonProblem } from './reason.ts';
import { isBroken } from './stages.ts';

/** The policies that let the voter go ahead without approval, and are not broken yet. */
export function breakable(
  terms: readonly PolicyTerms[],
  progress: readonly StageProgress[],
  voter: Pick<CastVote, 'username' | 'groups'> & Partial<Pick<CastVote, 'person'>>,
): PolicyTerms[] {
  return terms.filter(
    (policy) => !isBroken(policy, progress) && isListed(policy.terms.breakGlass?.subjects ?? [], voter),
  );
}

/** Marks the stages of the policies whose glass was broken at `at` (RFC 3339): they need no approvals since. */
export function withBroken(
  broken: readonly PolicyTerms[],
  progress: readonly StageProgress[],
  at: string,
): StageProgress[] {
  return progress.map((entry) =>
    broken.some(({ name }) => name === entry.policy) ? { ...entry, brokenAt: at } : entry,
  );
}

/** Why the reason of a break-glass does not do: there must be one, whatever the policies ask for of others. */
export function breakGlassReasonProblem(
  broken: readonly PolicyTerms[],
  reason: string | undefined,
): string | undefined {
  if ((reason ?? '').trim() === '') return 'breaking the glass needs a reason';
  return reasonProblem(broken, reason);
}

/** How long a grant may be used, in seconds: as the policies that were broken say, and those that were satisfied. */
export function useWithinSeconds(terms: readonly PolicyTerms[], progress: readonly StageProgress[]): number {
  return Math.min(
    ...terms.map((policy) =>
      isBroken(policy, progress)
        ? (policy.terms.breakGlass?.maxWindowSeconds ?? 0)
        : grantOf([policy]).useWithinSeconds,
    ),
  );
}

/** Whether the glass of any policy was broken. */
export function isBreakGlass(status: RequestStatus | undefined): boolean {
  return hasCondition(status, 'BreakGlass');
}

/** Somebody must look at it still: until then it is evidence that is kept. */
export function isUnacknowledged(status: RequestStatus | undefined): boolean {
  return isBreakGlass(status) && !hasCondition(status, 'Acknowledged');
}

function hasCondition(status: RequestStatus | undefined, type: string): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
}
