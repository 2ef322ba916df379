import type { PolicyTerms } from '../api/kinds.ts';
import { grantOf } from '../approval/grant.ts';

interface OpenRequest {
  readonly openedAt: number;
  readonly uses: number;
}

/** Requests in mind at once; the one that was not touched for the longest is taken for ended. */
const OPEN_LIMIT = 50_000;

/** How many requests a policy would open for what it holds (R14: one pending request per fingerprint). */
export interface RequestEstimate {
  /** @returns whether a request is opened for this attempt; otherwise it joins one, or uses its window */
  add(fingerprint: string, terms: PolicyTerms, at: number, succeeded: boolean): boolean;
}

export function createRequestEstimate(): RequestEstimate {
  const open = new Map<string, OpenRequest>();
  return {
    add(fingerprint, terms, at, succeeded) {
      const grant = grantOf([terms]);
      const [lasts, uses] =
        grant.type === 'Window' ? [grant.windowSeconds, grant.maxUses] : [terms.terms.timeoutSeconds, 1];
      const found = open.get(fingerprint);
      const joins = found !== undefined && Math.abs(at - found.openedAt) < lasts * 1000;
      const request = joins ? found : { openedAt: at, uses: 0 };
      const used = request.uses + (succeeded ? 1 : 0);
      open.delete(fingerprint);
      if (used < uses) open.set(fingerprint, { ...request, uses: used });
      const oldest = open.size > OPEN_LIMIT ? open.keys().next().value : undefined;
      if (oldest !== undefined) open.delete(oldest);
      return !joins;
    },
  };
}
