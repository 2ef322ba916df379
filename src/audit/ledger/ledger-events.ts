import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { Checkpoint, Seal } from './signed-file.ts';

/** Of each what is said where it fails. */
const FAILURES = {
  Append: 'records cannot be written to the ledger',
  Rotate: 'the ledger cannot begin another segment',
  Seal: 'a segment of the ledger cannot be sealed',
  Checkpoint: 'the checkpoint of the ledger cannot be written',
  Look: 'the directory of the ledger cannot be read',
} as const;
export type LedgerTask = keyof typeof FAILURES;
const TASKS = Object.keys(FAILURES) as LedgerTask[];

/** What operators see of the ledger. */
export interface LedgerEvents {
  /** What stood behind the last whole record at the start, and now in a file of its own, of which there are 16 MiB at most. */
  cut(what: { readonly segment: string; readonly bytes: number; readonly file: string }): void;
  committed(facts: { readonly kept: number; readonly duplicates: number; readonly seconds: number }): void;
  sealed(seal: Seal): void;
  /** Kept by whoever keeps the log: with it a ledger whose end was cut off is found out. */
  checkpoint(checkpoint: Checkpoint): void;
  /** A segment is gone, and nothing signed says that retention has removed it. Told once by each process. */
  lost(segment: string): void;
  /** It is tried again. */
  failed(task: LedgerTask, error: unknown): void;
}

export function createLedgerEvents(log: Logger, metrics: Metrics): LedgerEvents {
  const records = metrics.counter({
    name: 'ledger_records_total',
    help: 'Records that were submitted to the ledger: kept, or told before.',
    labels: { result: ['Kept', 'Duplicate'] },
  });
  const seconds = metrics.histogram({
    name: 'ledger_commit_duration_seconds',
    help: 'Time until a group of records is durable.',
    labels: {},
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  const counters = {
    cuts: metrics.counter({
      name: 'ledger_cuts_total',
      help: 'Starts at which something behind the last whole record was cut off, and kept beside the segments.',
      labels: {},
    }),
    lost: metrics.counter({
      name: 'ledger_segments_lost_total',
      help: 'Segments of the ledger that are gone though retention did not remove them.',
      labels: {},
    }),
    failures: metrics.counter({
      name: 'ledger_failures_total',
      help: 'What the disk, or the state of the ledger, refused.',
      labels: { task: TASKS },
    }),
  };
  return {
    cut: (fields) =>
      emit(
        businessEvent({
          level: 'error',
          message:
            'the end of the ledger was not whole, and was cut off and kept in a file beside it: a crash leaves that of records that were not acknowledged, and so may somebody else',
          fields,
          counter: (all: typeof counters) => all.cuts,
          labels: {},
        }),
        { log, metrics: counters },
      ),
    committed: ({ kept, duplicates, seconds: took }) => {
      records.increment({ result: 'Kept' }, kept);
      if (duplicates > 0) records.increment({ result: 'Duplicate' }, duplicates);
      seconds.observe({}, took);
    },
    sealed: (seal) => log.info({ seal }, 'a segment of the ledger is closed and sealed'),
    checkpoint: (checkpoint) => log.info({ checkpoint }, 'checkpoint of the ledger'),
    lost: (segment) =>
      emit(
        businessEvent({
          level: 'error',
          message: 'a segment of the ledger is gone, and retention did not remove it: somebody has (docs/ledger.md)',
          fields: { segment },
          counter: (all: typeof counters) => all.lost,
          labels: {},
        }),
        { log, metrics: counters },
      ),
    failed: (task, error) =>
      emit(
        businessEvent({
          level: 'error',
          message: `${FAILURES[task]}; it is tried again`,
          fields: { task, err: error instanceof Error ? error.message : 'unknown' },
          counter: (all: typeof counters) => all.failures,
          labels: { task },
        }),
        { log, metrics: counters },
      ),
  };
}
