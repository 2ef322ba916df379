import { join } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';
import { GENESIS, readEnvelope } from './line.ts';
import { forEachLine } from './lines.ts';
import { readHead } from './head-file.ts';
import { BlankRecordError, DamagedLedgerError, type ScannedSegment, scanSegment } from './scan-segment.ts';
import { createSegment, inOrder, sealName, sealOf, segmentName, segmentOf } from './segment.ts';
import { keepCut } from './keep-cut.ts';
import type { Chain } from './chain-writer.ts';
import type { ClosedSegment } from './seal-segment.ts';
import type { OpenFile } from './segment-writer.ts';
import { type Checkpoint, readSeal, type Seal, SIGNED_BYTES } from './signed-file.ts';
import { mustBeSigned, type TrustedKeys } from './trusted-keys.ts';
import { readSmallFile } from './write-file.ts';

export interface Recovered {
  readonly chain: Chain;
  readonly open: OpenFile;
  /** Closed before the process ended, and not sealed. */
  readonly unsealed: readonly ClosedSegment[];
  /** What stood behind the last whole record, and was cut off. */
  readonly cut: { readonly bytes: number; readonly file: string } | undefined;
}

export interface RecoverOptions {
  readonly directory: string;
  readonly longestLine: number;
  readonly now: number;
  /** Whoever signed the checkpoint, and the seal before the segments that are read. */
  readonly keys: TrustedKeys;
  /** Sees each record of the segments that are read: the unsealed ones. */
  readonly visit: (id: string, seq: number, time: string) => void;
}

/**
 * Finds the end of the ledger. What no newline ends, and a blank line behind the last checkpoint with what is left of its
 * group, is what a crash leaves of records that were not acknowledged, since that waits for the whole group to be durable. It
 * is cut off, and kept beside the segments, because whoever can write there can leave the same. All else that is wrong may be a
 * record that somebody relied on: it is left as it is, for `sallyport audit verify` and for a person to decide.
 *
 * @returns undefined where there is no ledger
 * @throws DamagedLedgerError
 */
export async function recover(disk: Disk, options: RecoverOptions): Promise<Recovered | undefined> {
  const { directory, keys } = options;
  const names = await disk.names(directory);
  const segments = inOrder(names, segmentOf);
  const sealed = new Set(inOrder(names, sealOf));
  const head = await readHead(disk, directory, keys);
  const last = segments.at(-1);
  if (last === undefined) {
    if (head === undefined && sealed.size === 0) return undefined;
    throw new DamagedLedgerError(`${directory} holds no segment, but what is left of a ledger`);
  }
  const newestSeal = Math.max(0, ...sealed);
  if (newestSeal >= last)
    throw new DamagedLedgerError(
      `${segmentName(newestSeal)} is sealed, and the segment that was open behind it is gone`,
    );

  const unsealed = segments.filter((first) => first !== last && !sealed.has(first));
  const closed: ClosedSegment[] = [];
  for (const first of unsealed) {
    const { scanned } = await scan(disk, options, first, head, false);
    await linked(disk, options, scanned, closed, sealed);
    closed.push({ first, head: scanned.head.hash });
  }
  const { scanned, file, cutBytes } = await scan(disk, options, last, head, true);
  let cut: Recovered['cut'];
  try {
    await linked(disk, options, scanned, closed, sealed);
    if (head === undefined) {
      if (scanned.head.seq > 1) throw new DamagedLedgerError('head.json is gone: nothing says where the ledger ends');
    } else {
      if (head.ledger !== scanned.start.ledger) throw new DamagedLedgerError('head.json is that of another ledger');
      if (head.seq > scanned.head.seq)
        throw new DamagedLedgerError(
          `records ${scanned.head.seq + 1} to ${head.seq} are gone: head.json says that they were written by ${head.time}`,
        );
    }
    if (cutBytes > 0) {
      const place = { offset: scanned.bytes, seq: scanned.head.seq + 1, now: options.now };
      cut = { bytes: cutBytes, file: await keepCut(disk, directory, file, place) };
      await file.truncate(scanned.bytes);
      await file.sync();
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    chain: {
      ledger: scanned.start.ledger,
      segments: [...segments.slice(0, -1).map(createSegment), scanned.segment],
      head: scanned.head,
      time: Date.parse(scanned.time),
      startedAt: Date.parse(scanned.startedAt),
    },
    open: { first: last, file, bytes: scanned.bytes },
    unsealed: closed,
    cut,
  };
}

async function scan(
  disk: Disk,
  { directory, longestLine, visit }: RecoverOptions,
  first: number,
  head: Checkpoint | undefined,
  mayBeTorn: boolean,
) {
  const file = await disk.open(join(directory, segmentName(first)), mayBeTorn ? 'Write' : 'Read');
  const see = ({ seq, id, time }: { seq: number; id: string; time: string }, hash: string) => {
    if (seq === head?.seq && hash !== head.hash)
      throw new DamagedLedgerError(`record ${seq} is not the one that head.json names`);
    visit(id, seq, time);
  };
  try {
    let scanned: ScannedSegment;
    try {
      scanned = await scanSegment(file, first, longestLine, see);
    } catch (error) {
      const blank = mayBeTorn && error instanceof BlankRecordError && error.seq > Math.max(first, head?.seq ?? 0);
      if (!blank || !(await isOfOneGroup(file, error.offset, longestLine))) throw error;
      scanned = await scanSegment(file, first, longestLine, undefined, error.offset);
    }
    const cutBytes = (await file.size()) - scanned.bytes;
    if (!mayBeTorn) {
      if (cutBytes > 0)
        throw new DamagedLedgerError(`${segmentName(first)} has ${cutBytes} bytes behind its last record`);
      await file.close();
    }
    return { scanned, file, cutBytes };
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}

/** Whether the whole lines from there on were written together: a group before theirs was durable, and would not be blank. */
async function isOfOneGroup(file: DiskFile, from: number, lineBytes: number): Promise<boolean> {
  const times = new Set<string>();
  const range = { from, to: await file.size(), chunkBytes: 1_048_576, lineBytes };
  await forEachLine(file, range, (line) => {
    const time = line.includes(0) ? undefined : readEnvelope(line)?.time;
    if (time !== undefined) times.add(time);
    return times.size < 2;
  });
  return times.size < 2;
}

/** Holds the first record of a segment against the end of the one before. */
async function linked(
  disk: Disk,
  options: RecoverOptions,
  { segment, prev }: ScannedSegment,
  closed: readonly ClosedSegment[],
  sealed: ReadonlySet<number>,
): Promise<void> {
  const { first } = segment;
  const before = Math.max(0, ...[...sealed].filter((each) => each < first));
  const scannedBefore = closed.at(-1);
  let expected: string | undefined;
  if (scannedBefore !== undefined && scannedBefore.first > before) expected = scannedBefore.head;
  else if (before > 0) {
    const seal = await sealIn(disk, options, before);
    if (seal?.last === first - 1) expected = seal.head;
  } else if (first === 1) expected = GENESIS;
  if (expected === undefined)
    throw new DamagedLedgerError(`what stood before ${segmentName(first)} is gone, without a seal`);
  if (expected !== prev) throw new DamagedLedgerError(`${segmentName(first)} does not follow the segment before it`);
}

async function sealIn(disk: Disk, { directory, keys }: RecoverOptions, first: number): Promise<Seal> {
  const text = await readSmallFile(disk, join(directory, sealName(first)), SIGNED_BYTES);
  const seal = text === undefined ? undefined : readSeal(text);
  if (seal === undefined) throw new DamagedLedgerError(`${sealName(first)} is no seal`);
  mustBeSigned(seal, sealName(first), keys);
  return seal;
}
