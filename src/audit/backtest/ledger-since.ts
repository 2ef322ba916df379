import { open } from 'node:fs/promises';
import { join } from 'node:path';
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
 * @throws BacktestError where they cannot be read
 */
export async function ledgerSince(directory: string, since: number): Promise<LedgerPart> {
  const names = await segmentNames(directory);
  const begun = await Promise.all(names.map((name) => beginOf(join(directory, name))));
  const last = begun.findLastIndex((at) => at !== undefined && at <= since - MARGIN_MS);
  const wanted = names.slice(Math.max(0, last));
  return {
    sources: await Promise.all(wanted.map((name) => fileSource(join(directory, name)))),
    from: begun.find((at) => at !== undefined),
  };
}

/** Undefined where it does not say: then it is read. */
async function beginOf(path: string): Promise<number | undefined> {
  const file = await open(path).catch(() => undefined);
  try {
    const { buffer, bytesRead } = (await file?.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)) ?? { bytesRead: 0 };
    const at = Date.parse(TIME.exec(buffer?.toString('latin1', 0, bytesRead) ?? '')?.[1] ?? '');
    return Number.isNaN(at) ? undefined : at;
  } finally {
    await file?.close();
  }
}
