import type { Action, PolicyTerms, Requester, Summary, UserInfo } from '../api/kinds.ts';
import type { Digest, Fingerprint } from '../attributes/digest.ts';

/** An action that needs approval: everything that a request for it holds. */
export interface GatedAction {
  readonly user: UserInfo;
  readonly class: NonNullable<Requester['class']>;
  /** R23: somebody else acts as this user. */
  readonly impersonated?: boolean;
  /** Whole; what a request stores of it is boundAction(action). */
  readonly action: Action;
  readonly digest: Digest;
  readonly fingerprint: Fingerprint;
  readonly summary: Summary;
  /** R40: the API server may review this write several times; CONNECT and virtual creates it reviews once. */
  readonly repeatable: boolean;
  readonly policies: readonly PolicyTerms[];
  /** Where the request lives: R13. */
  readonly namespace: string;
}
