import type { AlarmNotice } from '../core/evidence/alarm-notice.ts';

/** Alarms of one kind, told in one place. */
export interface AlarmMessage {
  /** The same for each attempt of the same alarms, also after a restart: receivers drop what they have. */
  readonly id: string;
  readonly notice: AlarmNotice;
  /** Telling began earlier, at this time (milliseconds), and nobody knows whether it arrived. */
  readonly uncertainSince?: number;
}

export type AlarmOutcome =
  | { readonly type: 'Told' }
  /** Busy or away. `afterMs` where it says when to come again, and then it has not taken it. */
  | { readonly type: 'Delayed'; readonly why: string; readonly afterMs?: number }
  /** It will not take this, or nothing at all. */
  | { readonly type: 'Refused'; readonly why: string };

/** One place where people hear of alarms. It knows nothing of retries and of pace. */
export interface AlarmChannel {
  /** Rejects only when the signal is aborted. `why` is never a secret: it is logged. */
  tell(message: AlarmMessage, signal: AbortSignal): Promise<AlarmOutcome>;
}
