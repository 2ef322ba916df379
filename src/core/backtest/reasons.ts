import type { UnknownPart } from '../attributes/from-audit-event.ts';

/** Why a request was over before admission was asked: nothing would have been held. */
export const NOT_REACHED = {
  Unauthenticated: 'refused before it was known who it is (401)',
  Forbidden: 'refused by RBAC (403), before admission',
  NotFound: 'what it names is not there (404)',
  Conflict: 'of an object that had changed or was going away (409), found before admission',
  Invalid: 'not a valid object (422), found before admission',
  Throttled: 'turned away before it was read (429)',
} as const;

/** Why it cannot be said whether admission was asked. */
export const NOT_SHOWN = {
  RefusedElsewhere: 'refused (403) by something other than RBAC: before our webhook would be asked, or beside it',
  Failed: 'failed (400, 5xx or no answer): before admission or behind it',
} as const;

/** On what a verdict depends that the event does not show. */
export type Missing = UnknownPart | 'objectLabels' | 'leadsRound';
