import type { Position } from '../../ports/ledger.ts';
import type { EvidenceKind } from '../../core/evidence/evidence-record.ts';
import { hashLine, lineStart } from './line.ts';

/** A submission as it was when it was submitted. */
export interface Encoded {
  readonly kind: EvidenceKind;
  readonly id: string;
  /** Of its data. */
  readonly json: string;
  /** Of that in UTF-8. */
  readonly bytes: number;
}

export interface WrittenGroup {
  /** Of the buffer. */
  readonly length: number;
  readonly positions: readonly Position[];
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
  const positions: Position[] = [];
  const offsets: number[] = [];
  let length = 0;
  let { seq, hash } = after;
  for (const { kind, id, json } of items) {
    const start = length;
    offsets.push(start);
    seq += 1;
    // Two writes rather than one of both: a string that was joined is copied once more before it is encoded.
    length += buffer.write(lineStart({ seq, prev: hash, time, kind, id }), length, 'latin1');
    length += buffer.write(json, length, 'utf8');
    buffer[length] = 0x7d;
    length += 1;
    hash = hashLine(buffer.subarray(start, length));
    buffer[length] = 0x0a;
    length += 1;
    positions.push({ seq, hash });
  }
  return { length, positions, offsets };
}

/** Bytes that `writeGroup` may need. */
export function roomFor(items: readonly Encoded[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes + ENVELOPE_ROOM, 0);
}
