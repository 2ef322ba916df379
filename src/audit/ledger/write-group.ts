import type { Position } from '../../ports/ledger.ts';
import type { EvidenceKind, JsonBytes } from '../../core/evidence/evidence-record.ts';
import { hashLine, writeLineStart } from './line.ts';

/** A submission as it was when it was submitted. */
export interface Encoded {
  readonly kind: EvidenceKind;
  readonly id: string;
  /** Of its data. */
  readonly json: EncodedText | JsonBytes;
}

export interface EncodedText {
  readonly text: string;
  /** Of that in UTF-8. */
  readonly length: number;
}

/** Of its data, in bytes. */
export function lengthOf({ json }: Encoded): number {
  return 'text' in json ? json.length : json.end - json.start;
}

export interface WrittenGroup {
  /** Of the buffer. */
  readonly length: number;
  /** Of the last line. */
  readonly head: Position;
  /** Of each line, from the start of the buffer. */
  readonly offsets: readonly number[];
}

/** More than an envelope, `}` and a newline. */
export const ENVELOPE_ROOM = 512;

/**
 * Writes lines that follow `after` into `buffer`, which has room for them.
 *
 * @param time of all of them, RFC 3339
 */
export function writeGroup(buffer: Buffer, after: Position, time: string, items: readonly Encoded[]): WrittenGroup {
  const offsets: number[] = [];
  let length = 0;
  let { seq, hash } = after;
  for (const { kind, id, json } of items) {
    const start = length;
    offsets.push(start);
    seq += 1;
    length = writeLineStart(buffer, length, { seq, prev: hash, time, kind, id });
    if ('text' in json) length += buffer.write(json.text, length, 'utf8');
    else {
      buffer.set(json.bytes.subarray(json.start, json.end), length);
      length += json.end - json.start;
    }
    buffer[length] = 0x7d;
    length += 1;
    hash = hashLine(buffer.subarray(start, length));
    buffer[length] = 0x0a;
    length += 1;
  }
  return { length, head: { seq, hash }, offsets };
}

/** Bytes that `writeGroup` may need. */
export function roomFor(items: readonly Encoded[]): number {
  let room = 0;
  for (const item of items) room += lengthOf(item) + ENVELOPE_ROOM;
  return room;
}
