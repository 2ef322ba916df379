import type { Seals } from '../approval/seal.ts';
import type { Hmac } from '../attributes/canonical-object.ts';

/** What decisions need of the configuration. */
export interface DecisionSettings {
  readonly systemNamespace: string;
  readonly ourUsernames: ReadonlySet<string>;
  readonly hmac: Hmac;
  /** R15: what does not bear our seal is not there. */
  readonly seals: Seals;
  /** Pending requests that one requester, and all together, may have open (R14). */
  readonly limits: { readonly pendingPerRequester: number; readonly pendingInAll: number };
}
