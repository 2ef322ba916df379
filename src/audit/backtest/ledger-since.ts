import { join } from 'node:path';
import type { Disk } from '../ledger/disk.ts';
import { type EventSource, fileSource, segmentNames } from './sources.ts';

/** What of a ledger tells of a time. */
export interface LedgerPart {
  readonly sources: readonly EventSource[];
  /** Milliseconds: when the first record that is kept was written; undefined where there is none. */
  readonly from: number | undefined;
}

/** Of the beginning of a segment: its first record says in its first bytes when it was written. */
const HEAD_BYTES = 512;
const TIME = /^\{"seq":\d+,"prev":"[0-9a-f]*","time":"([^"\\]*)"/;

/** A clock that was put back, and a record that was written by the one before. */
const MARGIN_MS = 3_600_000;

/**
 * The segments that may tell of what the API server received from `since` on: a record is written after that, so the
 * segments before the last one that began earlier tell of nothing.
 *
 * One file is open at a time: a ledger may have thousands, and the process that keeps it needs its descriptors for those
 * who bring records. From the end, so that no segment is looked at that will not be read, but for one.
 *
 * @throws BacktestError where they cannot be read
 */
export async function ledgerSince(directory: string, since: number, disk: Pick<Disk, 'open'>): Promise<LedgerPart> {
  const names = await segmentNames(directory);
  const sources: EventSource[] = [];
  for (const name of names.toReversed()) {
    sources.push(await fileSource(join(directory, name)));
    const at = await beginOf(join(directory, name), disk);
    if (at !== undefined && at <= since - MARGIN_MS) break;
  }
  return { sources: sources.reverse(), from: await firstBegin(directory, names, disk) };
}

async function firstBegin(
  directory: string,
  names: readonly string[],
  disk: Pick<Disk, 'open'>,
): Promise<number | undefined> {
  for (const name of names) {
    const at = await beginOf(join(directory, name), disk);
    if (at !== undefined) return at;
  }
  return undefined;
}

/** Undefined where it does not say: then it is read. */
async function beginOf(path: string, disk: Pick<Disk, 'open'>): Promise<number | undefined> {
  const file = await disk.open(path, 'Read').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const at = Date.parse(TIME.exec(head.toString('latin1', 0, await file.read(head, 0)))?.[1] ?? '');
    return Number.isNaN(at) ? undefined : at;
  } finally {
    await file.close();
  }
}
