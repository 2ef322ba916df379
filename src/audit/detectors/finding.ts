import type { Alarm } from '../../core/evidence/alarm.ts';

/** What a detector says. */
export type Finding =
  /** `id` is the same whenever the same thing is found again. */
  | { readonly kind: 'Alarm'; readonly id: string; readonly alarm: Alarm }
  /** R42: nothing came of the use that this decision made. */
  | {
      readonly kind: 'GiveBack';
      readonly decision: string;
      /** namespace/name. */
      readonly request: string;
      readonly code: number;
      /** Id of the event's record. */
      readonly event: string;
    }
  /** R23: a vote or a request that somebody made in another's name, which admission could not see. */
  | { readonly kind: 'Impersonated'; readonly made: 'Vote' | 'Request'; readonly object: string; readonly by: Alarm }
  /** It may have been gated, and that cannot be known. */
  | { readonly kind: 'Unknown'; readonly why: UnknownReason };

export type AlarmFinding = Extract<Finding, { kind: 'Alarm' }>;

/** What something is done about. */
export type ActionFinding = Extract<Finding, { kind: 'GiveBack' | 'Impersonated' }>;

export const UNKNOWN_REASONS = [
  /** It depends on what the event does not show: labels, or what a condition looks at. */
  'NotShown',
  /** A policy, or a namespace's labels, changed about then. */
  'Settling',
  /** Its annotations were cut off. */
  'Cut',
  /** It cannot be read as an action at all, or it does not say whose. */
  'Unreadable',
  /** The API server gave up on it (504), and it may have been done. */
  'Unanswered',
  /** It began before what is in memory. */
  'Old',
  /** More waits than is kept: it was judged before all was known that might explain it. */
  'Overflow',
  /** An allowed action without an event, while no events come, or none of that kind ever came. */
  'NoEvents',
] as const;
export type UnknownReason = (typeof UNKNOWN_REASONS)[number];
