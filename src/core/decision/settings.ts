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
  readonly limits: RequestLimits;
}

/** R14. */
export interface RequestLimits {
  /** Pending requests that one requester may have open, */
  readonly pendingPerRequester: number;
  /** and all together. */
  readonly pendingInAll: number;
  /** Requests that one requester may cancel within 24 hours, and ask for more. */
  readonly cancelledPerRequesterADay: number;
}
