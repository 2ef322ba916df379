import { type Backoff, backoffMs } from '../../core/api/backoff.ts';
import { createBell } from '../../platform/clock/bell.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger, StoredRecord } from '../../ports/ledger.ts';

/** How far a follower has come: the number of the last record that it is done with. */
export interface Cursor {
  /** 0 before the first record. */
  load(): Promise<number>;
  save(seq: number): Promise<void>;
}

export interface Follower {
  readonly ledger: Ledger;
  readonly cursor: Cursor;
  /** Is done with them when it resolves; may see some again after a crash, and all of them again after it threw. */
  readonly handle: (records: readonly StoredRecord[], signal: AbortSignal) => Promise<void>;
  /** Shown at once. */
  readonly limits: { readonly records: number; readonly bytes: number };
  readonly clock: Clock;
  /** From 0 up to 1: spreads the attempts of many followers. */
  readonly random: () => number;
  /**
   * Of `ledger`, `cursor` or `handle`; `attempt` counts from 1 until one succeeds. It is tried again after `ms`. A
   * CursorAheadError (`attempt` 0) is told once, and it goes on.
   */
  readonly onError: (error: unknown, attempt: number, ms: number) => void;
  /** After each success: the last record that it is done with. */
  readonly onProgress?: (seq: number) => void;
}

const RETRY: Backoff = { baseMs: 500, capMs: 30_000 };

/** Looked at by then even if no commit was told. */
const IDLE_MS = 30_000;

/**
 * Shows a follower each record in order, at least once, from its cursor on, until the signal. One that is slow or fails keeps
 * nobody else waiting: what it has not seen stands in the files.
 */
export async function follow(follower: Follower, signal: AbortSignal): Promise<void> {
  const { ledger, cursor, handle, limits, clock, random, onError, onProgress } = follower;
  const news = createBell();
  const stop = ledger.onCommitted(news.ring);
  let seq: number | undefined;
  let failures = 0;
  try {
    while (!signal.aborted) {
      try {
        seq ??= await begin(follower);
        const records = await ledger.read(seq, limits);
        const last = records.at(-1);
        if (last === undefined) {
          await news.wait(clock, IDLE_MS, signal);
          continue;
        }
        await handle(records, signal);
        await cursor.save(last.seq);
        seq = last.seq;
        failures = 0;
        onProgress?.(seq);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const ms = backoffMs(RETRY, failures, random);
        onError(error, failures, ms);
        await clock.sleep(ms, signal).catch(() => undefined);
      }
    }
  } finally {
    stop();
  }
}

/**
 * A ledger that was put back to an older copy ends before what its followers have read. What is written there from now on is
 * new, and must not be taken for what they have seen.
 */
export class CursorAheadError extends Error {
  override readonly name = 'CursorAheadError';
  readonly code = 'CursorAhead';
}

async function begin({ ledger, cursor, onError }: Follower): Promise<number> {
  const seq = await cursor.load();
  const head = ledger.head()?.seq ?? 0;
  if (seq <= head) return seq;
  const message = `record ${seq} was read, and the ledger ends with ${head}: it was put back to an older copy, or cut. What comes now is read`;
  onError(new CursorAheadError(message), 0, 0);
  await cursor.save(head);
  return head;
}
