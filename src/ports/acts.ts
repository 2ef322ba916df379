import type { VoteDecision } from '../core/api/kinds.ts';
import type { OnBehalfOf } from '../core/people/people.ts';

/** What somebody did to a request in a channel, as it was shown to them there (R20). */
export interface Act {
  readonly request: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly digest: string;
  };
  readonly decision: VoteDecision;
  readonly reason?: string;
  readonly onBehalfOf: OnBehalfOf;
}

export type ActResult =
  | { readonly kind: 'Cast' }
  /** `code` is a Refusal of a transition, `NoEntry`, `AlreadyVoted`, or `Refused`. `message` is for the person; plain text. */
  | { readonly kind: 'Refused'; readonly code: string; readonly message: string }
  /** The API server or the webhook did not answer: nobody knows whether it was cast, and it may be sent again. */
  | { readonly kind: 'Unavailable'; readonly message: string };

/** Casts ApprovalVotes by the identity of a channel (R22). The webhook judges them exactly as it does those of kubectl. */
export interface Acts {
  /** Never throws but for an aborted signal. Casting the same act again is safe. */
  cast(act: Act, signal: AbortSignal): Promise<ActResult>;
}
