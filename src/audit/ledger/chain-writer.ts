import type { EvidenceData } from '../../core/evidence/evidence-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Position } from '../../ports/ledger.ts';
import { IdTable, newWords, readWords } from './id-table.ts';
import { GENESIS } from './line.ts';
import type { LedgerEvents } from './ledger-events.ts';
import type { Readable } from './read-records.ts';
import type { RecentIds } from './recent-ids.ts';
import type { ClosedSegment } from './seal-segment.ts';
import { createSegment, markRecord, type Segment } from './segment.ts';
import type { SegmentWriter } from './segment-writer.ts';
import type { SigningKey } from './signing-key.ts';
import { type Encoded, roomFor, writeGroup } from './write-group.ts';

/** Where a ledger is when it is opened. Times in milliseconds. */
export interface Chain {
  readonly ledger: string;
  /** Ascending; the last is the open one. */
  readonly segments: readonly Segment[];
  readonly head: Position;
  /** Of the last record. */
  readonly time: number;
  /** Of the first record of the open segment. */
  readonly startedAt: number;
}

export interface ChainWriter {
  head(): Position;
  readable(): Readable;
  /** @returns the number of each; it throws what the disk threw, and then none of them stands anywhere */
  commit(appends: readonly (readonly Encoded[])[]): Promise<readonly (readonly number[])[]>;
  /** Goes on in a new segment where the open one is large or old enough. Never while a commit runs. */
  rotateWhenDue(): Promise<void>;
  forget(segment: Segment): void;
}

export interface ChainDeps {
  readonly clock: Clock;
  readonly key: SigningKey;
  readonly writer: SegmentWriter;
  readonly recent: RecentIds;
  readonly events: LedgerEvents;
  readonly onCommitted: () => void;
  readonly onClosed: (segment: ClosedSegment) => void;
}

/** Grows to the largest group; most are one batch of an API server. */
const FIRST_BUFFER_BYTES = 1_048_576;
const FIRST_GROUP = 1_024;

export function createChainWriter(
  chain: Chain,
  { segmentBytes, segmentMs }: { readonly segmentBytes: number; readonly segmentMs: number },
  deps: ChainDeps,
): ChainWriter {
  const { clock, key, writer, recent, events } = deps;
  let { segments, head, time, startedAt } = chain;
  /** Hash of the line before the first of the open segment, where this process has begun that. */
  let prev = segments.length === 1 && head.seq === 1 ? GENESIS : undefined;
  let buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  const group = new IdTable(FIRST_GROUP);
  const words = newWords();

  // A clock that was set back must not make the order of the records doubtful.
  const now = () => Math.max(time, clock.now());

  const closedSegment = (first: number): ClosedSegment => {
    const { seq: last, hash } = head;
    const [bytes, sha256] = [writer.bytes(), writer.sha256()];
    const closed = { first, head: hash };
    return prev === undefined || sha256 === undefined
      ? closed
      : { ...closed, written: { ledger: chain.ledger, last, bytes, sha256, prev } };
  };

  const rotateWhenDue = async () => {
    const open = segments.at(-1);
    if (open === undefined || head.seq === open.first) return;
    const at = now();
    if (writer.bytes() < segmentBytes && at - startedAt < segmentMs) return;
    const first = head.seq + 1;
    const { line, position } = segmentLine(head, at, chain.ledger, key);
    const closed = closedSegment(open.first);
    try {
      await writer.next(first, line);
    } catch (error) {
      events.failed('Rotate', error);
      throw error;
    }
    segments = [...segments, createSegment(first)];
    head = position;
    time = at;
    startedAt = at;
    prev = closed.head;
    deps.onClosed(closed);
  };

  const write = async (items: readonly Encoded[]): Promise<void> => {
    const at = now();
    const room = roomFor(items);
    if (buffer.length < room) buffer = Buffer.allocUnsafeSlow(room);
    const written = writeGroup(buffer, head, new Date(at).toISOString(), items);
    const base = writer.bytes();
    try {
      await writer.append(buffer.subarray(0, written.length));
    } catch (error) {
      events.failed('Append', error);
      throw error;
    }
    const open = segments.at(-1);
    let seq = head.seq;
    for (let index = 0; index < items.length; index += 1) {
      seq += 1;
      // `sortOut` has numbered them in this order.
      group.copyTo(index, words);
      recent.add(words, seq, at);
      if (open !== undefined) markRecord(open, seq, base + (written.offsets[index] ?? 0));
    }
    head = written.head;
    time = at;
  };

  return {
    head: () => head,
    readable: () => ({ segments, last: head.seq, bytes: writer.bytes() }),
    rotateWhenDue,
    forget: (segment) => {
      segments = segments.filter((each) => each !== segment);
    },
    commit: async (appends) => {
      const began = performance.now();
      await rotateWhenDue();
      const { fresh, numbers, duplicates } = sortOut(appends, recent, group, head.seq + 1);
      if (fresh.length > 0) await write(fresh);
      events.committed({ kept: fresh.length, duplicates, seconds: (performance.now() - began) / 1000 });
      if (fresh.length > 0) deps.onCommitted();
      return numbers;
    },
  };
}

/**
 * What is new, once each, and the number of each submission.
 *
 * @param inGroup is overwritten: gives what is new its place among that
 * @param next the number of the first that is new
 */
function sortOut(appends: readonly (readonly Encoded[])[], recent: RecentIds, inGroup: IdTable, next: number) {
  const fresh: Encoded[] = [];
  const words = newWords();
  inGroup.clear();
  let duplicates = 0;
  const numbers = appends.map((items) =>
    items.map((item) => {
      readWords(item.id, words);
      const known = recent.find(words);
      const place = known === undefined ? inGroup.find(words) : -1;
      if (known !== undefined || place !== -1) {
        duplicates += 1;
        return known ?? next + place;
      }
      fresh.push(item);
      return next + inGroup.add(words);
    }),
  );
  return { fresh, numbers, duplicates };
}

/** The first line of a segment, with its newline. */
export function segmentLine(
  after: Position,
  now: number,
  ledger: string,
  key: SigningKey,
): { readonly line: Buffer; readonly position: Position } {
  const data: EvidenceData['Segment'] = { format: 'sallyport-ledger/v1', ledger, key: key.id };
  const text = JSON.stringify(data);
  const items: Encoded[] = [
    { kind: 'Segment', id: `segment/${after.seq + 1}`, json: { text, length: Buffer.byteLength(text) } },
  ];
  const buffer = Buffer.alloc(roomFor(items));
  const { length, head } = writeGroup(buffer, after, new Date(now).toISOString(), items);
  return { line: buffer.subarray(0, length), position: head };
}
