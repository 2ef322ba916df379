import { type Backoff, backoffMs } from '../../core/api/backoff.ts';
import type { Clock } from '../../ports/clock.ts';
import { createBell } from '../clock/bell.ts';
import { MAX_RECORD_BYTES, type Spool } from './open-spool.ts';
import type { SpoolEvents } from './spool-events.ts';

/** What the intake says of records that it will never take, by their place in what was sent. */
export interface Refused {
  readonly index: number;
  readonly problem: string;
}

export interface ShipPorts {
  readonly spool: Spool;
  /** Resolves once all but the refused are durable there. Rejects when none is known to be. */
  readonly send: (records: readonly string[], signal: AbortSignal) => Promise<readonly Refused[]>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: SpoolEvents;
}

/** The intake takes no more at once (BODY_BYTES there). */
export const SHIP_LIMITS = { records: 500, bytes: 8 * MAX_RECORD_BYTES };

const RETRY: Backoff = { baseMs: 250, capMs: 15_000 };

/** With nothing to send, the numbers are looked at this often. */
const IDLE_MS = 5_000;

/** Sends what the spool holds, the oldest first, at least once, until the signal. Never rejects. */
export async function ship({ spool, send, clock, random, events }: ShipPorts, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let failedAt: number | undefined;
  const appended = createBell();
  const stop = spool.onAppended(appended.ring);
  while (!signal.aborted) {
    try {
      events.observed(spool);
      const batch = await spool.next(SHIP_LIMITS);
      if (batch === undefined) {
        await appended.wait(clock, IDLE_MS, signal);
        continue;
      }
      const refused = batch.records.length === 0 ? [] : await send(batch.records, signal);
      await spool.acknowledge(batch);
      for (const { index, problem } of refused) events.refused(decisionIdOf(batch.records[index]), problem);
      events.shipped(batch.records.length - refused.length);
      if (batch.damaged > 0) events.damaged(batch.damaged);
      if (failedAt !== undefined) events.reachable((clock.now() - failedAt) / 1000);
      failures = 0;
      failedAt = undefined;
    } catch (error) {
      if (signal.aborted) break;
      failures += 1;
      if (failedAt === undefined) events.unreachable(error);
      failedAt ??= clock.now();
      await clock.sleep(backoffMs(RETRY, failures, random), signal).catch(() => undefined);
    }
  }
  stop();
}

/** For the log line only. */
function decisionIdOf(record: string | undefined): string {
  return /"id":"([^"]{1,64})"/.exec(record ?? '')?.[1] ?? 'unknown';
}
