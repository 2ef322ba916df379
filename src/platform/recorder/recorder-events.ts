import { businessEvent, emit } from '../telemetry/event.ts';
import { errorText } from '../telemetry/error-text.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Counter, Gauge, Labels, Metrics } from '../telemetry/metrics.ts';

/** What happens to the records of decisions on their way. */
export interface RecorderEvents {
  /** Now waiting in memory. */
  waiting(records: number): void;
  /** The ledger, or the spool, has refused, for the first time since it last took something. */
  failed(error: unknown): void;
  recovered(seconds: number): void;
  /** Kept nowhere but in the log. */
  lost(decision: string, why: 'Full' | 'Refused' | 'Closed'): void;
}

const WHY = ['Full', 'Refused', 'Closed'] as const;

interface RecorderMetrics {
  readonly lost: Counter<{ why: readonly string[] }>;
  readonly waiting: Gauge<Labels>;
  readonly writable: Gauge<Labels>;
}

export function createRecorderEvents(log: Logger, metrics: Metrics): RecorderEvents {
  const declared: RecorderMetrics = {
    lost: metrics.counter({
      name: 'decision_records_lost_total',
      help: 'Decisions whose record is in the log alone: there was no room for it, or it was refused.',
      labels: { why: WHY },
    }),
    waiting: metrics.gauge({
      name: 'decision_records_waiting',
      help: 'Records of decisions that wait in memory for the ledger or the spool.',
      labels: {},
    }),
    writable: metrics.gauge({
      name: 'decision_records_writable',
      help: '1 while decisions can be recorded; at 0 nothing that needs approval goes through.',
      labels: {},
    }),
  };
  declared.waiting.set({}, 0);
  declared.writable.set({}, 1);
  return {
    waiting: (records) => declared.waiting.set({}, records),
    failed: (error) => {
      declared.writable.set({}, 0);
      log.error(
        { err: describe(error) },
        'decisions cannot be recorded: nothing that needs approval goes through until they can',
      );
    },
    recovered: (seconds) => {
      declared.writable.set({}, 1);
      log.info({ seconds }, 'decisions are recorded again');
    },
    lost: (decision, why) =>
      emit(
        businessEvent({
          level: 'error',
          message: 'the record of a decision was lost',
          fields: { decision, why },
          counter: (counters: RecorderMetrics) => counters.lost,
          labels: { why },
        }),
        { log, metrics: declared },
      ),
  };
}

/** What the disk or the ledger said is its cause. */
function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return errorText(error) + cause;
}
