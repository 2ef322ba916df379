import type { RequestStatus, Use } from '../api/kinds.ts';
import {
  type ApprovalState,
  type CastUse,
  expiryOf,
  RESERVATION_MS,
  timestamp,
  type Transition,
} from './approval-state.ts';
import { isBreakGlass, useWithinSeconds } from './break-glass.ts';
import { usesThatCount } from './give-back.ts';
import { type Grant, grantOf } from './grant.ts';
import { end, ok, refuse } from './step.ts';

/** The CRD's maximum of status.uses[].repeats. */
const REPEATS_LIMIT = 64;

/** A use of what was approved, or the same write reviewed again. */
export function use(state: ApprovalState, status: RequestStatus, cast: CastUse, now: number): Transition {
  const again = repeat(status, cast, now);
  if (status.state === 'Consumed')
    return again === undefined ? refuse('AlreadyUsed', usedUp(state, status)) : ok(again);
  if (status.state !== 'Approved') return refuse('NotApproved', `the request is ${status.state}`);
  if (!(now < expiryOf(status))) return refuse('Expired', 'the time to use it is over');
  if (again !== undefined) return ok(again);
  const next: Use = {
    id: cast.decision,
    decision: cast.decision,
    at: timestamp(now),
    username: cast.username,
    ...(cast.credential === undefined ? {} : { credential: cast.credential }),
    ...(cast.targetUID === undefined ? {} : { targetUID: cast.targetUID }),
    ...(cast.ignored === undefined ? {} : { ignored: cast.ignored }),
    ...(cast.digest === undefined ? {} : { digest: cast.digest }),
    ...(cast.summary === undefined ? {} : { summary: cast.summary }),
  };
  const used = { ...status, uses: [...(status.uses ?? []), next] };
  const grant = grantGiven(state, status);
  if (grant.type === 'Once') return ok(end(used, 'Consumed', 'Used', `used by ${cast.username}`, now));
  if (usesThatCount(used) >= grant.maxUses)
    return ok(end(used, 'Consumed', 'MaxUsesReached', usedUp(state, status), now));
  return ok({ ...used, expiresAt: windowEnd(status, grant.windowSeconds) });
}

/** What the policies grant together. A broken glass is good for one use, whatever window they would grant. */
export function grantGiven(state: Pick<ApprovalState, 'terms' | 'duration'>, status: RequestStatus): Grant {
  return isBreakGlass(status)
    ? { type: 'Once', useWithinSeconds: useWithinSeconds(state.terms, status.stages ?? []) }
    : grantOf(state.terms, state.duration);
}

/** A window runs from the approval, and from the first use on to its end. Without a record of the approval nothing grows. */
function windowEnd(status: RequestStatus, windowSeconds: number): string {
  const approved = (status.conditions ?? []).find(({ type, status: is }) => type === 'Approved' && is === 'True');
  const at = Date.parse(approved?.lastTransitionTime ?? '');
  return Number.isNaN(at) ? timestamp(expiryOf(status)) : timestamp(at + windowSeconds * 1000);
}

function usedUp(state: ApprovalState, status: RequestStatus): string {
  const grant = grantGiven(state, status);
  return grant.type === 'Once' ? 'it was used already' : `all its ${grant.maxUses} uses were used`;
}

/**
 * R40: the API server may review one write several times; the same write by the same credential gets the same answer, and
 * is no further use. Undefined where it is not a repetition.
 */
function repeat(status: RequestStatus, cast: CastUse, now: number): RequestStatus | undefined {
  const uses = status.uses ?? [];
  const index = uses.findLastIndex(
    (earlier) =>
      cast.repeatable &&
      earlier.givenBack === undefined &&
      cast.targetUID !== undefined &&
      earlier.username === cast.username &&
      earlier.credential === cast.credential &&
      earlier.targetUID === cast.targetUID &&
      earlier.ignored === cast.ignored &&
      earlier.digest === cast.digest &&
      now - Date.parse(earlier.at) < RESERVATION_MS &&
      (earlier.repeats ?? 0) < REPEATS_LIMIT,
  );
  const same = uses[index];
  if (same === undefined) return undefined;
  return {
    ...status,
    uses: uses.with(index, { ...same, repeats: (same.repeats ?? 0) + 1, repeatedAt: timestamp(now) }),
  };
}
