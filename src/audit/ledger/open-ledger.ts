import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { EvidenceData, Submission } from '../../core/evidence/evidence-record.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Ledger, LedgerError, type Position } from '../../ports/ledger.ts';
import { createCommitQueue, type QueueLimits } from './commit-queue.ts';
import { lockDirectory } from './directory-lock.ts';
import type { Disk } from './disk.ts';
import { GENESIS, RECORD_ID } from './line.ts';
import { createReader } from './read-records.ts';
import { createRecentIds } from './recent-ids.ts';
import { scanSegment } from './scan-segment.ts';
import { createSegment, markRecord, segmentName, segmentOf, type Segment } from './segment.ts';
import { createSegmentFile, createSegmentWriter } from './segment-writer.ts';
import type { SigningKey } from './signing-key.ts';
import { type Encoded, ENVELOPE_ROOM, roomFor, writeGroup } from './write-group.ts';

export interface LedgerOptions {
  /** Of the segments: it belongs to one process. */
  readonly directory: string;
  /** A segment is closed at this size, in bytes. */
  readonly segmentBytes: number;
  /** And at this age. */
  readonly segmentMs: number;
  /** The longest record, in bytes of its data. */
  readonly recordBytes: number;
  readonly queue: QueueLimits;
  /** See `createRecentIds`. */
  readonly recent: { readonly records: number; readonly ms: number };
}

/** What the role opens it with, besides what an operator configures. */
export const LEDGER_LIMITS = {
  // Some twenty batches of an API server (400 events of 1.7 KB, rarely 1 MB each).
  queue: { records: 20_000, bytes: 64 * 1024 * 1024, groupBytes: 8 * 1024 * 1024 },
  // An API server sends again within about 80 s, at up to 4,000 events/s (audit webhook backend).
  recent: { records: 200_000, ms: 300_000 },
} as const;

export interface LedgerDeps {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly key: SigningKey;
}

/**
 * Opens the ledger in a directory, or begins one.
 *
 * @throws LedgerLockedError @throws DamagedLedgerError @throws the error of the system where the disk refuses
 */
export async function openLedger(options: LedgerOptions, deps: LedgerDeps): Promise<Ledger & AsyncDisposable> {
  const { directory, recordBytes } = options;
  const { clock, disk, key } = deps;
  await disk.makeFolder(directory);
  const lock = lockDirectory(directory);
  try {
    const longestLine = recordBytes + ENVELOPE_ROOM;
    const recent = createRecentIds(options.recent);
    const names = await disk.names(directory);
    const firsts = names
      .map(segmentOf)
      .filter((first) => first !== undefined)
      .sort((a, b) => a - b);
    let segments: readonly Segment[];
    let head: Position;
    let time = clock.now();
    let id: string;
    const last = firsts.at(-1);
    let open: { first: number; file: Awaited<ReturnType<Disk['open']>>; bytes: number };
    if (last === undefined) {
      id = randomUUID();
      const { line, position } = segmentLine({ seq: 0, hash: GENESIS }, time, id, key);
      open = await createSegmentFile(disk, directory, 1, line);
      head = position;
      segments = [createSegment(1)];
    } else {
      const file = await disk.open(join(directory, segmentName(last)), 'Write');
      const scanned = await scanSegment(file, last, longestLine, (envelope, hash) => {
        recent.add(envelope.id, { seq: envelope.seq, hash }, Date.parse(envelope.time));
      });
      if (scanned.rest > 0) {
        await file.truncate(scanned.bytes);
        await file.sync();
      }
      open = { first: last, file, bytes: scanned.bytes };
      id = scanned.start.ledger;
      head = scanned.head;
      time = Math.max(time, Date.parse(scanned.time));
      segments = [...firsts.slice(0, -1).map(createSegment), scanned.segment];
    }
    const writer = createSegmentWriter(disk, directory, open);
    let buffer = Buffer.allocUnsafeSlow(1024 * 1024);
    const listeners = new Set<() => void>();

    const commit = async (appends: readonly (readonly Encoded[])[]): Promise<readonly (readonly Position[])[]> => {
      const fresh: Encoded[] = [];
      const inGroup = new Map<string, number>();
      const places = appends.map((items) =>
        items.map((item): Position | number => {
          const known = recent.find(item.id) ?? inGroup.get(item.id);
          if (known !== undefined) return known;
          inGroup.set(item.id, fresh.length);
          fresh.push(item);
          return fresh.length - 1;
        }),
      );
      let positions: readonly Position[] = [];
      if (fresh.length > 0) {
        // A clock that was set back must not make the order of the records doubtful.
        time = Math.max(time, clock.now());
        const room = roomFor(fresh);
        if (buffer.length < room) buffer = Buffer.allocUnsafeSlow(room);
        const written = writeGroup(buffer, head, new Date(time).toISOString(), fresh);
        const base = writer.bytes();
        await writer.append(buffer.subarray(0, written.length));
        positions = written.positions;
        const openSegment = segments.at(-1);
        fresh.forEach((item, index) => {
          const position = positions[index];
          if (position === undefined) return;
          recent.add(item.id, position, time);
          if (openSegment !== undefined)
            markRecord(openSegment, { seq: position.seq, offset: base + (written.offsets[index] ?? 0) });
        });
        head = positions.at(-1) ?? head;
        for (const listener of listeners) listener();
      }
      return places.map((each) =>
        each.map((place) => (typeof place === 'number' ? (positions[place] ?? head) : place)),
      );
    };
    const queue = createCommitQueue(options.queue, commit);
    const read = createReader(
      disk,
      directory,
      longestLine,
      () => ({ segments, last: head.seq, bytes: writer.bytes() }),
      (gone) => {
        segments = segments.filter((segment) => segment !== gone);
      },
    );

    return {
      id,
      head: () => head,
      append: async (submissions) => queue.add(submissions.map((submission) => encode(submission, recordBytes))),
      read,
      onCommitted: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      [Symbol.asyncDispose]: async () => {
        await queue.close();
        await writer.close();
        lock[Symbol.dispose]();
      },
    };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

function encode({ kind, id, data }: Submission, recordBytes: number): Encoded {
  if (!RECORD_ID.test(id)) throw new LedgerError('Rejected', 'the id of a record is not 1 to 300 printable characters');
  const json = JSON.stringify(data);
  const bytes = Buffer.byteLength(json);
  if (bytes > recordBytes)
    throw new LedgerError('Rejected', `a record of ${bytes} bytes is longer than the ${recordBytes} that may be kept`);
  return { kind, id, json, bytes };
}

/** The first line of a segment, with its newline. */
function segmentLine(
  after: Position,
  now: number,
  ledger: string,
  key: SigningKey,
): { line: Buffer; position: Position } {
  const data: EvidenceData['Segment'] = { format: 'sallyport-ledger/v1', ledger, key: key.id };
  const json = JSON.stringify(data);
  const items: Encoded[] = [{ kind: 'Segment', id: `segment/${after.seq + 1}`, json, bytes: json.length }];
  const buffer = Buffer.alloc(roomFor(items));
  const { length, positions } = writeGroup(buffer, after, new Date(now).toISOString(), items);
  return { line: buffer.subarray(0, length), position: positions[0] ?? after };
}
