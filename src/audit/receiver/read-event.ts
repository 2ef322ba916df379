import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import { eventKey } from '../../core/evidence/event-key.ts';
import { isAuditEvent } from '../../core/evidence/is-audit-event.ts';
import { type Cut, salvageEvent } from './salvage-event.ts';
import type { ItemRange } from './split-event-list.ts';

export interface EventLimits {
  /** Of one event, in bytes: what a record of the ledger holds. */
  readonly maxBytes: number;
  /**
   * Kubernetes objects nest a dozen levels. Go lets a patch of 10,000 through, which JSON.stringify (5,000) and Python's
   * reader (1,000) do not survive.
   */
  readonly maxDepth: number;
  /** Parsing many small values takes a hundred times as long as parsing one long one. */
  readonly maxValues: number;
}

export interface ReadEvent {
  /** Of the record: `event/…`. */
  readonly id: string;
  readonly event: AuditEvent;
  /** The event as it came, where that may stand in the ledger as it is: one line, and no key twice. */
  readonly json?: string;
  /** Why it was not kept as it came. */
  readonly cut?: Cut;
}

/** Of one UTF-16 unit in UTF-8, at most. */
const BYTES_PER_UNIT = 3;

/**
 * One item of a list as the ledger keeps it. Never throws: what somebody put into a request must not cost the other events of
 * the batch their place, and a client decides much of it (its patch, its URI, its audit id).
 *
 * @param receivedAt RFC 3339
 */
export function readEvent(bytes: Buffer, item: ItemRange, limits: EventLimits, receivedAt: string): ReadEvent {
  const cut = (why: Cut): ReadEvent => ({ ...salvageEvent(bytes, item, why, receivedAt), cut: why });
  if (item.end - item.start > limits.maxBytes) return cut('TooLong');
  if (item.depth > limits.maxDepth) return cut('TooDeep');
  if (item.values > limits.maxValues) return cut('TooManyValues');
  // Bytes that are no UTF-8 become U+FFFD, as Go's decoder has them.
  const text = bytes.toString('utf8', item.start, item.end);
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return cut('NotJson');
  }
  if (!isAuditEvent(event)) return cut('NotAnEvent');
  const asItCame = !item.broken && memberCount(event) === item.members;
  const json = asItCame ? text : JSON.stringify(event);
  // U+FFFD is longer than the byte that it stands for, and JSON.stringify writes 1e20 in 21 digits.
  if (json.length * BYTES_PER_UNIT > limits.maxBytes && Buffer.byteLength(json) > limits.maxBytes)
    return cut('TooLong');
  return { id: `event/${eventKey(event)}`, event, json };
}

/**
 * Members of all objects in a parsed value. JSON.parse keeps one of each key: where the text has more, a key stands twice, and
 * two readers of the ledger could read two different events. Recursive, as deep as the limits let through.
 */
function memberCount(value: object): number {
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[])
      if (typeof item === 'object' && item !== null) members += memberCount(item);
    return members;
  }
  // What JSON.parse makes inherits no enumerable key, and for…in is several times faster than Object.keys.
  for (const key in value) {
    members += 1;
    const member: unknown = (value as Record<string, unknown>)[key];
    if (typeof member === 'object' && member !== null) members += memberCount(member);
  }
  return members;
}
