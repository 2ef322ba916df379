import { join } from 'node:path';
import type { Position } from '../../ports/ledger.ts';
import type { Disk } from './disk.ts';
import { GENESIS } from './line.ts';
import { readHead, type KnownHead } from './head-file.ts';
import { BlankRecordError, DamagedLedgerError, type ScannedSegment, scanSegment } from './scan-segment.ts';
import { createSegment, sealName, sealOf, segmentName, segmentOf } from './segment.ts';
import type { Chain } from './chain-writer.ts';
import type { ClosedSegment } from './seal-segment.ts';
import type { OpenFile } from './segment-writer.ts';
import { readSeal, type Seal } from './signed-file.ts';
import { mustBeSigned, type TrustedKeys } from './trusted-keys.ts';
import { readSmallFile } from './write-file.ts';

export interface Recovered {
  readonly chain: Chain;
  readonly open: OpenFile;
  /** Closed before the process ended, and not sealed. */
  readonly unsealed: readonly ClosedSegment[];
  /** Behind the last whole record, and gone now. */
  readonly cutBytes: number;
}

export interface RecoverOptions {
  readonly directory: string;
  readonly longestLine: number;
  /** Whoever signed the checkpoint, and the seal before the segments that are read. */
  readonly keys: TrustedKeys;
  /** Sees each record of the segments that are read: the unsealed ones. */
  readonly visit: (id: string, position: Position, time: string) => void;
}

/** A seal has one line of some 600 bytes. */
export const SEAL_BYTES = 4096;

/**
 * Finds the end of the ledger. What no newline ends was never acknowledged, since that waits for the whole group to be
 * durable: it is cut off, and so are blank lines behind the last checkpoint. All else that is wrong may be a record that
 * somebody relied on: it is left as it is, for `sallyport audit verify` and for a person to decide.
 *
 * @returns undefined where there is no ledger
 * @throws DamagedLedgerError
 */
export async function recover(disk: Disk, options: RecoverOptions): Promise<Recovered | undefined> {
  const { directory, keys } = options;
  const names = await disk.names(directory);
  const segments = numbers(names, segmentOf);
  const sealed = new Set(numbers(names, sealOf));
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
    cutBytes,
  };
}

async function scan(
  disk: Disk,
  { directory, longestLine, visit }: RecoverOptions,
  first: number,
  head: KnownHead | undefined,
  mayBeTorn: boolean,
) {
  const file = await disk.open(join(directory, segmentName(first)), mayBeTorn ? 'Write' : 'Read');
  const see = ({ seq, id, time }: { seq: number; id: string; time: string }, hash: string) => {
    if (seq === head?.seq && hash !== head.hash)
      throw new DamagedLedgerError(`record ${seq} is not the one that head.json names`);
    visit(id, { seq, hash }, time);
  };
  try {
    let scanned: ScannedSegment;
    try {
      scanned = await scanSegment(file, first, longestLine, see);
    } catch (error) {
      const blank = mayBeTorn && error instanceof BlankRecordError && error.seq > Math.max(first, head?.seq ?? 0);
      if (!blank) throw error;
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
  const text = await readSmallFile(disk, join(directory, sealName(first)), SEAL_BYTES);
  const seal = text === undefined ? undefined : readSeal(text);
  if (seal === undefined) throw new DamagedLedgerError(`${sealName(first)} is no seal`);
  mustBeSigned(seal, sealName(first), keys);
  return seal;
}

function numbers(names: readonly string[], numberOf: (name: string) => number | undefined): readonly number[] {
  return names
    .map(numberOf)
    .filter((first) => first !== undefined)
    .sort((a, b) => a - b);
}
