import type { ApprovalRequest } from '../core/api/kinds.ts';
import type { AlarmNotice } from '../core/evidence/alarm-notice.ts';
import type { Notice } from '../core/notice/notice.ts';

/** Why somebody is told: what has happened to a request. A channel without changeable messages sends one message for each. */
export const OCCASIONS = [
  'Asked',
  'StageOpened',
  'Escalated',
  'ReasonGiven',
  'Reminder',
  'Voted',
  'Approved',
  'Denied',
  'Expired',
  'Revoked',
  'Cancelled',
  'Used',
  'BreakGlass',
  'Acknowledged',
] as const;
export type Occasion = (typeof OCCASIONS)[number];

/** One thing to tell in one place. */
export interface Delivery {
  /**
   * Of a policy's `notify`: `#prod-access`, an address (or several, with commas between them, who do not learn of each other),
   * the name of a configured webhook; `@requester` is whoever asked.
   */
  readonly destination: string;
  readonly request: ApprovalRequest;
  readonly notice: Notice;
  /** What has happened since the destination was told last, in order; empty where only the message is out of date. */
  readonly occasions: readonly Occasion[];
  /** Where the earlier message about this request stands, as `deliver` returned it. */
  readonly handle?: string;
  /** Telling began earlier, at this time (milliseconds), and nobody knows whether it arrived. */
  readonly uncertainSince?: number;
  /** An id for receivers to drop what they have already: the same for each attempt of the same delivery. */
  readonly id: string;
}

/** The destination is busy or away: again after `afterMs`, or by backoff where it does not say. */
export class DeliveryDelayedError extends Error {
  override readonly name = 'DeliveryDelayedError';
  readonly code = 'DeliveryDelayed';
  readonly afterMs: number | undefined;

  constructor(message: string, afterMs?: number, options?: ErrorOptions) {
    super(message, options);
    this.afterMs = afterMs;
  }
}

/** The destination refuses, and would again: no such channel, no such address, a bad token. */
export class DeliveryRefusedError extends Error {
  override readonly name = 'DeliveryRefusedError';
  readonly code = 'DeliveryRefused';
}

/** One way to tell people. It knows nothing of retries, of pace, or of what it told before. */
export interface Channel {
  readonly kind: 'Slack' | 'Email' | 'Teams' | 'Webhook';
  /** Whether an earlier message can be changed: then every change is one delivery, and several waiting are one. */
  readonly updates: boolean;
  /** The least time between two deliveries to one destination, in milliseconds. */
  readonly intervalMs: number;
  /** The only destinations that there are; absent where a policy may name any. */
  readonly destinations?: readonly string[];
  /**
   * @returns where the message stands, for channels that update
   * @throws {DeliveryDelayedError} @throws {DeliveryRefusedError}
   */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<{ readonly handle?: string }>;
}

/** Alarms, which are about no request: nobody decides anything by them, and they are never changed. */
export interface Announcement {
  /** One address, or as in a `Delivery`. */
  readonly destination: string;
  readonly notice: AlarmNotice;
  /** As in a `Delivery`. */
  readonly uncertainSince?: number;
  readonly id: string;
}

export interface Announcer {
  readonly kind: Channel['kind'];
  /** @throws {DeliveryDelayedError} @throws {DeliveryRefusedError} */
  announce(announcement: Announcement, signal: AbortSignal): Promise<void>;
}
