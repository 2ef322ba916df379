import type { RequestStatus } from '../api/kinds.ts';
import { expiryOf, timestamp, type Transition } from './approval-state.ts';
import { withCondition } from './conditions.ts';
import { USES_LIMIT } from './grant.ts';
import { ok, refuse } from './step.ts';

/**
 * R42: HTTP statuses that say that nothing was done. 499 and 5xx say that nobody knows, 101 that a stream was open. The
 * CRD's enum of status.uses[].givenBack.code.
 */
const PROOFS = [400, 403, 404, 409, 422, 429] as const;
type Proof = (typeof PROOFS)[number];

export function isProofOfNothing(code: number | undefined): code is Proof {
  return PROOFS.some((proof) => proof === code);
}

/** Uses that were not given back. */
export function usesThatCount({ uses = [] }: Pick<RequestStatus, 'uses'>): number {
  return uses.filter(({ givenBack }) => givenBack === undefined).length;
}

/**
 * Exactly that use, once. It can be made again for as long as it could before: a window that began with it has not begun. A
 * use whose answer was given again to another review of the same write (R40) stays, since that other one may have gone through.
 * What was to be revoked after it was Consumed stays Consumed.
 *
 * @param useWithinSeconds from the approval to the first use
 */
export function giveBack(
  status: RequestStatus,
  { decision, code }: { readonly decision: string; readonly code: number },
  useWithinSeconds: number,
  now: number,
): Transition {
  const uses = status.uses ?? [];
  const index = uses.findIndex((use) => use.decision === decision);
  const use = uses[index];
  if (use === undefined) return refuse('NotGivenBack', 'there is no such use');
  if (!isProofOfNothing(code))
    return refuse('NotGivenBack', `an answer of ${code} does not prove that nothing happened`);
  if (use.givenBack !== undefined) return refuse('NotGivenBack', 'it was given back already');
  if ((use.repeats ?? 0) > 0) return refuse('NotGivenBack', 'the same write was reviewed again');
  // Each use is kept, and there must be room for the next.
  if (uses.length >= USES_LIMIT) return refuse('NotGivenBack', `it has ${USES_LIMIT} uses already`);
  const given = { ...status, uses: uses.with(index, { ...use, givenBack: { at: timestamp(now), code } }) };
  const next = usesThatCount(given) > 0 ? given : { ...given, ...unusedUntil(given, useWithinSeconds) };
  if (status.state !== 'Consumed') return ok(next);
  if (isTrue(status, 'Revoked')) return ok(given);
  const { endedAt: _endedAt, ...open } = next;
  const message = `a use was given back: the API server answered ${code}`;
  const consumed = { type: 'Consumed', status: 'False', reason: 'GivenBack', message } as const;
  return ok({ ...open, state: 'Approved', conditions: withCondition(status.conditions, consumed, now) });
}

/** The deadline of before the first use. Without a record of the approval none moves. */
function unusedUntil(status: RequestStatus, useWithinSeconds: number): Pick<RequestStatus, 'expiresAt'> {
  const approved = (status.conditions ?? []).find(({ type, status: is }) => type === 'Approved' && is === 'True');
  const until = Date.parse(approved?.lastTransitionTime ?? '') + useWithinSeconds * 1000;
  return Number.isFinite(until) ? { expiresAt: timestamp(Math.min(until, expiryOf(status))) } : {};
}

function isTrue({ conditions = [] }: RequestStatus, type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === 'True');
}
