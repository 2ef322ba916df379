import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';

/** What an operator hears of archive and retention. */
export interface ArchiveEvents {
  archived(segment: number, bytes: number): void;
  /** It is neither here nor in the archive. */
  missing(segment: number): void;
  removed(segment: number): void;
  /** Its seal is not good: neither it nor any behind it is archived or removed until a person has looked. */
  badSeal(this: void, segment: number): void;
  /** It is old enough since `seconds`, and these have not read it yet. */
  held(segment: number, by: string, seconds: number): void;
  /** By name, how long there has been something to remove that they have not read. */
  behind(seconds: Readonly<Record<string, number>>): void;
  /** The cursor of a follower that is configured no more was removed. */
  strayed(name: string, seq: number): void;
  failed(doing: 'Archive' | 'Retention', error: unknown): void;
}

/** Whoever has not read for a day after what is kept was over will hardly begin by itself. */
const LONG_SECONDS = 86_400;

/** @param readers names of all that retention waits for */
export function createArchiveEvents(log: Logger, metrics: Metrics, readers: readonly string[]): ArchiveEvents {
  const counters = {
    segments: metrics.counter({
      name: 'ledger_segments_total',
      help: 'Closed segments of the ledger that were archived, removed by retention, held back from it, found nowhere, or whose seal is not good.',
      labels: { what: ['Archived', 'Removed', 'Held', 'Missing', 'BadSeal'] },
    }),
    failures: metrics.counter({
      name: 'ledger_storage_failures_total',
      help: 'Rounds of archive or retention that failed; each is made again.',
      labels: { doing: ['Archive', 'Retention'] },
    }),
  };
  const held = metrics.gauge({
    name: 'ledger_retention_held_seconds',
    help: 'How long retention has waited for somebody to read the oldest segment that may go; 0 where it does not wait.',
    labels: { by: readers },
  });
  const sinks = { log, metrics: counters };
  const segment = (
    level: 'info' | 'warn' | 'error',
    what: 'Archived' | 'Removed' | 'Held' | 'Missing' | 'BadSeal',
    message: string,
    fields: Readonly<Record<string, string | number>>,
  ): void =>
    emit(
      businessEvent({ level, message, fields, counter: (all: typeof counters) => all.segments, labels: { what } }),
      sinks,
    );
  return {
    archived: (first, bytes) =>
      segment('info', 'Archived', 'a segment of the ledger is archived', { segment: first, bytes }),
    missing: (first) =>
      segment('error', 'Missing', 'a segment of the ledger is neither here nor in the archive', { segment: first }),
    badSeal: (first) =>
      segment('error', 'BadSeal', 'archive and retention stop at a segment of the ledger whose seal is not good', {
        segment: first,
      }),
    removed: (first) => segment('info', 'Removed', 'retention has removed a segment of the ledger', { segment: first }),
    held: (first, by, seconds) =>
      segment(seconds < LONG_SECONDS ? 'warn' : 'error', 'Held', 'retention waits with a segment of the ledger', {
        segment: first,
        by,
        seconds: Math.round(seconds),
      }),
    behind: (seconds) => {
      for (const [by, value] of Object.entries(seconds)) held.set({ by }, value);
    },
    strayed: (name, seq) =>
      log.warn({ name, seq }, 'the cursor of a follower of the ledger that is configured no more was removed'),
    failed: (doing, error) =>
      emit(
        businessEvent({
          level: 'error',
          message: 'archive or retention of the ledger is behind',
          fields: { doing, err: error instanceof Error ? error.message : 'unknown' },
          counter: (all: typeof counters) => all.failures,
          labels: { doing },
        }),
        sinks,
      ),
  };
}
