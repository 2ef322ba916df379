import { isUtf8 } from 'node:buffer';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import { EVENT_KEY_LENGTH, eventKeyOf } from '../../core/evidence/event-key.ts';
import type { JsonBytes } from '../../core/evidence/evidence-record.ts';
import { KEY_PARTS } from './event-shape.ts';
import { EventScanner } from './scan-event.ts';

/**
 * An event that may stand in the ledger as it came: its text was checked without being parsed. One object for all that is asked
 * of it, since hundreds wait for the disk at once, and what waits is copied by the collector of garbage.
 */
export class PlainEvent implements JsonBytes {
  readonly kind = 'AuditEvent';
  /** Of the record: `event/…`. */
  readonly id: string;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;

  constructor(id: string, bytes: Buffer, start: number, end: number) {
    this.id = id;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  get json(): JsonBytes {
    return this;
  }

  get data(): AuditEvent {
    return JSON.parse(this.bytes.toString('utf8', this.start, this.end)) as AuditEvent;
  }
}

export interface PlainLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
  readonly maxValues: number;
}

/** What the key is made of is a URI and two names, most of all. */
const KEY_BYTES = 16 * 1024;
/** What is read here is read in one go. So much is, in some 20 ms: more than an API server sends at once. */
const PLAIN_BYTES = 10 * 1024 * 1024;

const ID_PREFIX = 'event/';

const COMMA = 0x2c;
const NULL = Buffer.from('null');

/**
 * @param bytes of a whole body, which nobody writes into any more
 * @returns reads the event that begins at a place; undefined for whatever must be looked at more closely, and may be an event
 * like any other
 */
export function plainEventsOf(
  bytes: Buffer,
  { maxBytes, maxDepth, maxValues }: PlainLimits,
): (at: number) => PlainEvent | undefined {
  // Of bytes that are no UTF-8, what stands in the ledger is not what came.
  if (!isUtf8(bytes)) return () => undefined;
  const scanner = new EventScanner(bytes);
  const key = Buffer.allocUnsafe(KEY_BYTES);
  const id = Buffer.from(ID_PREFIX.padEnd(ID_PREFIX.length + EVENT_KEY_LENGTH));
  // Each value takes a byte at least.
  const longest = Math.min(maxBytes, maxValues);
  return (start) => {
    if (start > PLAIN_BYTES) return undefined;
    const end = scanner.read(start, maxDepth);
    if (end === -1 || end - start > longest) return undefined;
    const length = writeKey(key, bytes, scanner);
    if (length === undefined) return undefined;
    // By way of bytes: a text that is put together keeps its pieces alive.
    id.write(eventKeyOf(key.subarray(0, length)), ID_PREFIX.length, 'latin1');
    return new PlainEvent(id.toString('latin1'), bytes, start, end);
  };
}

/**
 * What JSON.stringify makes of the parts (eventKey). A text without an escape it writes as it stands.
 *
 * @returns its length; undefined where it is longer than `into`
 */
function writeKey(into: Buffer, bytes: Buffer, { starts, ends, escapedParts }: EventScanner): number | undefined {
  let length = 1;
  into[0] = 0x5b;
  for (let part = 0; part < KEY_PARTS; part += 1) {
    let [from, at, end]: [Buffer, number, number] = [bytes, starts[part] ?? -1, ends[part] ?? -1];
    if (at === -1) [from, at, end] = [NULL, 0, NULL.length];
    else if ((escapedParts & (1 << part)) !== 0) {
      from = Buffer.from(JSON.stringify(JSON.parse(bytes.toString('utf8', at, end))));
      [at, end] = [0, from.length];
    }
    if (length + end - at + 1 > into.length) return undefined;
    // Most are short: to copy them by a call costs more.
    for (; at < end; at += 1) into[length++] = from[at] ?? 0;
    into[length++] = COMMA;
  }
  into[length - 1] = 0x5d;
  return length;
}
