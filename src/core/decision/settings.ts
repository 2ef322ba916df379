import type { Seals } from '../approval/seal.ts';
import type { Hmac } from '../attributes/canonical-object.ts';
import type { People } from '../people/people.ts';

/** What decisions need of the configuration. */
export interface DecisionSettings {
  readonly systemNamespace: string;
  readonly ourUsernames: ReadonlySet<string>;
  readonly hmac: Hmac;
  /** R15: what does not bear our seal is not there. */
  readonly seals: Seals;
  /** R21: who is who; undefined while nobody knows. */
  readonly people: () => People | undefined;
  /** R23: whether a user without a credential id is one whom somebody else impersonates. */
  readonly impersonationShows?: boolean;
  /** Pending requests that one requester, and all together, may have open (R14). */
  readonly limits: { readonly pendingPerRequester: number; readonly pendingInAll: number };
}
