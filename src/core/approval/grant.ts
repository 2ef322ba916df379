import { durationSeconds } from '../api/duration.ts';
import type { PolicyTerms } from '../api/kinds.ts';

/** What an approval gives, in seconds. */
export type Grant =
  | { readonly type: 'Once'; readonly useWithinSeconds: number }
  | {
      readonly type: 'Window';
      /** How long after the approval the first use may come. */
      readonly useWithinSeconds: number;
      /** From the approval to the end. */
      readonly windowSeconds: number;
      readonly maxUses: number;
    };

/** The CRD's maxItems of status.uses, each of which is kept. */
export const USES_LIMIT = 64;

/**
 * What all policies of a request allow together; the strictest wins. A Window only where each of them grants one, and
 * no longer than its requester asked for.
 *
 * @param duration spec.duration of a request written by hand; one that cannot be read leaves no time at all
 */
export function grantOf(terms: readonly PolicyTerms[], duration?: string): Grant {
  const grants = terms.map((policy) => policy.terms.grant);
  const useWithinSeconds = Math.min(...grants.map((grant) => grant.useWithinSeconds));
  const windows = grants.flatMap(({ type, windowSeconds, maxUses }) =>
    type === 'Window' && windowSeconds !== undefined ? [{ windowSeconds, maxUses: maxUses ?? 1 }] : [],
  );
  if (terms.length === 0 || windows.length < terms.length) return { type: 'Once', useWithinSeconds };
  const asked = duration === undefined ? Number.POSITIVE_INFINITY : (durationSeconds(duration) ?? 0);
  const windowSeconds = Math.min(asked, ...windows.map((window) => window.windowSeconds));
  return {
    type: 'Window',
    useWithinSeconds: Math.min(useWithinSeconds, windowSeconds),
    windowSeconds,
    maxUses: Math.min(USES_LIMIT, ...windows.map((window) => window.maxUses)),
  };
}
