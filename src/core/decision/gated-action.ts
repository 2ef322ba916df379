import type { Action, PolicyTerms, Requester, Summary, UserInfo } from '../api/kinds.ts';
import type { Waiting } from './waiting.ts';
import type { Digest, Fingerprint } from '../attributes/digest.ts';
import type { Observation } from './observe.ts';

/** What a request asks for: the action itself, or a scope that covers it. */
export interface Asked {
  /** Whole; what a request stores of it is boundAction(action). */
  readonly action: Action;
  readonly digest: Digest;
  readonly fingerprint: Fingerprint;
  readonly summary: Summary;
}

/** An action that needs approval: everything that a request for it holds. */
export interface GatedAction extends Asked {
  readonly user: UserInfo;
  readonly class: NonNullable<Requester['class']>;
  /** R23: somebody else acts as this user. */
  readonly impersonated?: boolean;
  /** R40: the API server may review this write several times; CONNECT and virtual creates it reviews once. */
  readonly repeatable: boolean;
  /** A hash of what it writes where the digest binds nothing (grant.ignorePaths): another value there is another write. */
  readonly ignored?: string;
  /** What is asked for instead of exactly this action, where every policy grants a scope that may cover it. */
  readonly scope?: Asked;
  readonly policies: readonly PolicyTerms[];
  /** How long the caller's own command may pause. Not part of the terms: it changes nobody's approval. */
  readonly waiting: Waiting;
  /** What matching policies that are not enforced would have done. No request holds them. */
  readonly observed?: readonly Observation[];
  /** Where the request lives: R13. */
  readonly namespace: string;
}
