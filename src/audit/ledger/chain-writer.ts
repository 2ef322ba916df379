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
  /** @returns where each stands; it throws what the disk threw, and then none of them stands anywhere */
  commit(appends: readonly (readonly Encoded[])[]): Promise<readonly (readonly Position[])[]>;
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

  const write = async (items: readonly Encoded[]): Promise<readonly Position[]> => {
    const at = now();
    const room = roomFor(items);
    if (buffer.length < room) buffer = Buffer.allocUnsafeSlow(room);
    const { length, positions, offsets } = writeGroup(buffer, head, new Date(at).toISOString(), items);
    const base = writer.bytes();
    try {
      await writer.append(buffer.subarray(0, length));
    } catch (error) {
      events.failed('Append', error);
      throw error;
    }
    const open = segments.at(-1);
    // Not by `entries`, which makes a pair of each.
    let index = 0;
    for (const position of positions) {
      recent.add(items[index]?.id ?? '', position, at);
      if (open !== undefined) markRecord(open, position.seq, base + (offsets[index] ?? 0));
      index += 1;
    }
    head = positions.at(-1) ?? head;
    time = at;
    return positions;
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
      const { fresh, places, duplicates } = sortOut(appends, recent, group);
      const positions = fresh.length === 0 ? [] : await write(fresh);
      events.committed({ kept: fresh.length, duplicates, seconds: (performance.now() - began) / 1000 });
      if (fresh.length > 0) deps.onCommitted();
      return places.map((each) =>
        each.map((place) => (typeof place === 'number' ? (positions[place] ?? head) : place)),
      );
    },
  };
}

/** What is new, once each; and for each submission where it stands, or which of the new ones it is. */
function sortOut(appends: readonly (readonly Encoded[])[], recent: RecentIds, inGroup: IdTable) {
  const fresh: Encoded[] = [];
  const words = newWords();
  inGroup.clear();
  let duplicates = 0;
  const places = appends.map((items) =>
    items.map((item): Position | number => {
      readWords(item.id, words);
      const known = recent.find(words) ?? inGroup.find(words);
      if (known !== -1) {
        duplicates += 1;
        return known;
      }
      fresh.push(item);
      return inGroup.add(words);
    }),
  );
  return { fresh, places, duplicates };
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
  const { length, positions } = writeGroup(buffer, after, new Date(now).toISOString(), items);
  return { line: buffer.subarray(0, length), position: positions[0] ?? after };
}
