import { lockDirectory } from '../../platform/disk/lock-directory.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Ledger, LedgerError } from '../../ports/ledger.ts';
import type { Submission } from '../../core/evidence/evidence-record.ts';
import { createChainWriter, segmentLine } from './chain-writer.ts';
import { createCommitQueue, type QueueLimits } from './commit-queue.ts';
import type { Disk } from './disk.ts';
import { keepPublicKey, writeHead } from './head-file.ts';
import { newWords, readWords } from './id-table.ts';
import type { LedgerEvents } from './ledger-events.ts';
import { GENESIS, RECORD_ID } from './line.ts';
import { createReader } from './read-records.ts';
import { recallIds } from './recall-ids.ts';
import { createRecentIds, type RecentIds } from './recent-ids.ts';
import { recover, type Recovered } from './recover.ts';
import { lostSegments, noteRemoval } from './removal.ts';
import { createSealer } from './sealer.ts';
import { sealSegment } from './seal-segment.ts';
import { createSegment, segmentName } from './segment.ts';
import { createSegmentFile, createSegmentWriter } from './segment-writer.ts';
import type { PublicKey, Seal } from './signed-file.ts';
import type { SigningKey } from './signing-key.ts';
import { type TrustedKeys, trustedKeys } from './trusted-keys.ts';
import { type Encoded, ENVELOPE_ROOM, lengthOf } from './write-group.ts';

export interface LedgerOptions {
  /** Of the segments: it belongs to one process. */
  readonly directory: string;
  /** A segment is closed at this size, in bytes. */
  readonly segmentBytes: number;
  /** And at this age, if it holds anything. */
  readonly segmentMs: number;
  /** The longest record, in bytes of its data. */
  readonly recordBytes: number;
  readonly queue: QueueLimits;
  /** See `createRecentIds`. */
  readonly recent: { readonly records: number; readonly ms: number };
  /** How often `head.json` is written, where there is something new. */
  readonly checkpointMs: number;
}

/** What the role opens it with, besides what an operator configures. */
export const LEDGER_LIMITS = {
  // Some twenty batches of an API server (400 events of 1.7 KB, rarely 1 MB each).
  queue: { records: 20_000, bytes: 64 * 1024 * 1024, groupBytes: 8 * 1024 * 1024 },
  // An API server sends again within about 80 s, at up to 4,000 events/s (audit webhook backend).
  recent: { records: 200_000, ms: 300_000 },
  // What was cut off within it is not noticed; a line of the log each is still few.
  checkpointMs: 30_000,
} as const;

export interface LedgerDeps {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly key: SigningKey;
  /** Those that it had before, as the configuration names them. */
  readonly formerKeys?: readonly PublicKey[];
  readonly events: LedgerEvents;
  /** A UUID for a ledger that is begun. */
  readonly newId: () => string;
}

/** The ledger of this process. */
export interface OpenLedger extends Ledger, AsyncDisposable {
  /** Whose signatures it believes. */
  readonly keys: TrustedKeys;
  /** Before a segment is removed (`noteRemoval` in removal.ts). */
  noteRemoval(seal: Seal): Promise<void>;
}

/**
 * Opens the ledger in a directory, or begins one.
 *
 * @throws DirectoryLockedError @throws DamagedLedgerError @throws the error of the system where the disk refuses
 */
export async function openLedger(options: LedgerOptions, deps: LedgerDeps): Promise<OpenLedger> {
  await deps.disk.makeFolder(options.directory);
  const lock = lockDirectory(options.directory);
  try {
    const recent = createRecentIds(options.recent);
    await keepPublicKey(deps.disk, options.directory, deps.key);
    await recall(options, deps, recent);
    const visit = remember(recent);
    const longestLine = options.recordBytes + ENVELOPE_ROOM;
    const keys = trustedKeys(deps.key, deps.formerKeys ?? []);
    const recovered =
      (await recover(deps.disk, { directory: options.directory, longestLine, now: deps.clock.now(), keys, visit })) ??
      (await begin(options, deps));
    const { cut, open } = recovered;
    if (cut !== undefined) deps.events.cut({ segment: segmentName(open.first), ...cut });
    try {
      return await run({ ...recovered, keys }, recent, options, deps, lock);
    } catch (error) {
      await recovered.open.file.close();
      throw error;
    }
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

async function run(
  { chain, open, unsealed, keys }: Recovered & Pick<OpenLedger, 'keys'>,
  recent: RecentIds,
  options: LedgerOptions,
  { clock, disk, key, events }: LedgerDeps,
  lock: Disposable,
): Promise<OpenLedger> {
  const { directory, recordBytes } = options;
  const longestLine = recordBytes + ENVELOPE_ROOM;
  const listeners = new Set<() => void>();
  const sealer = createSealer(
    (closed) => sealSegment(closed, { directory, longestLine, now: clock.now() }, { disk, key }),
    events,
  );
  const writer = createSegmentWriter(disk, directory, open);
  const chained = createChainWriter(chain, options, {
    clock,
    key,
    writer,
    recent,
    events,
    onCommitted: () => {
      for (const listener of listeners) listener();
    },
    onClosed: (closed) => sealer.add(closed),
  });
  const queue = createCommitQueue(options.queue, (appends) => chained.commit(appends));
  const read = createReader(
    { disk, directory, longestLine },
    () => chained.readable(),
    (gone) => chained.forget(gone),
  );

  let checkpointed = 0;
  const checkpoint = async () => {
    const head = chained.head();
    if (head.seq === checkpointed) return;
    const time = new Date(clock.now()).toISOString();
    events.checkpoint(await writeHead(disk, directory, { ledger: chain.ledger, ...head, time }, key));
    checkpointed = head.seq;
  };
  // Before anything is acknowledged: a ledger without one cannot be told from one that was cut off.
  await checkpoint();
  for (const closed of unsealed) sealer.add(closed);

  const removed = new Set<number>();
  const lost = new Set<number>();
  const lookForLost = async () => {
    const known = chained.readable().segments.map(({ first }) => first);
    for (const first of await lostSegments(disk, { directory, keys }, known, removed)) {
      if (!lost.has(first)) events.lost(segmentName(first));
      lost.add(first);
    }
  };

  const stop = new AbortController();
  const housekeeping = (async () => {
    while (!stop.signal.aborted) {
      await lookForLost().catch((error: unknown) => events.failed('Look', error));
      await clock.sleep(options.checkpointMs, stop.signal).catch(() => undefined);
      if (!stop.signal.aborted) await queue.between(() => chained.rotateWhenDue()).catch(() => undefined);
      await checkpoint().catch((error: unknown) => events.failed('Checkpoint', error));
      if (!stop.signal.aborted) await sealer.settle();
    }
  })();

  return {
    id: chain.ledger,
    keys,
    noteRemoval: (seal) => noteRemoval(disk, directory, seal, { key, keys, now: clock.now() }),
    head: () => chained.head(),
    append: async (submissions) => queue.add(submissions.map((submission) => encode(submission, recordBytes))),
    read,
    onCommitted: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [Symbol.asyncDispose]: async () => {
      await queue.close();
      // Its last round writes the last checkpoint.
      stop.abort();
      await housekeeping;
      await sealer.settle();
      await writer.close().catch(() => undefined);
      lock[Symbol.dispose]();
    },
  };
}

/** A new ledger: one segment with its first record. */
async function begin({ directory }: LedgerOptions, { clock, disk, key, newId }: LedgerDeps): Promise<Recovered> {
  const ledger = newId();
  const now = clock.now();
  const { line, position } = segmentLine({ seq: 0, hash: GENESIS }, now, ledger, key);
  const open = await createSegmentFile(disk, directory, 1, line);
  const chain = { ledger, segments: [createSegment(1)], head: position, time: now, startedAt: now };
  return { chain, open, unsealed: [], cut: undefined };
}

/** What was written lately stands in sealed segments too, where those are small. */
async function recall(options: LedgerOptions, { disk, clock }: LedgerDeps, recent: RecentIds): Promise<void> {
  const { directory, recordBytes } = options;
  const since = clock.now() - 2 * options.recent.ms;
  await recallIds(disk, { directory, longestLine: recordBytes + ENVELOPE_ROOM, since }, remember(recent));
}

function remember(recent: RecentIds) {
  const words = newWords();
  return (id: string, seq: number, time: string): void => {
    readWords(id, words);
    recent.add(words, seq, Date.parse(time));
  };
}

function encode(submission: Submission, recordBytes: number): Encoded {
  if (!RECORD_ID.test(submission.id))
    throw new LedgerError('Rejected', 'the id of a record is not 1 to 300 printable characters');
  // Of what comes as bytes nothing is made anew: most records do, hundreds at once.
  const encoded = isEncoded(submission) ? submission : encodedText(submission);
  const length = lengthOf(encoded);
  if (length > recordBytes)
    throw new LedgerError('Rejected', `a record of ${length} bytes is longer than the ${recordBytes} that may be kept`);
  return encoded;
}

function isEncoded(submission: Submission): submission is Submission & Encoded {
  return typeof submission.json === 'object';
}

function encodedText(submission: Submission): Encoded {
  const { kind, id, json } = submission;
  const text = typeof json === 'string' ? json : JSON.stringify(submission.data);
  return { kind, id, json: { text, length: Buffer.byteLength(text) } };
}
