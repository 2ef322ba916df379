import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import { DELAY_CODES, type DelayCode, type RefusalCode, type SinkMessage } from './sink.ts';

const RESULTS = ['Sent', 'Skipped', 'Rejected', 'Missed'] as const;

/** What operators see of one sink. */
export interface SinkEvents {
  sent(records: number): void;
  /** It is tried again after `ms`. */
  delayed(code: DelayCode, why: string, attempt: number, ms: number): void;
  /** The receiver takes others, and refuses this one for good. It stands in the ledger, and nowhere else. */
  skipped(message: SinkMessage, code: RefusalCode, why: string): void;
  /** OTLP's partial success: the receiver does not say which. */
  rejected(records: number, firstId: string, why: string): void;
  /** Retention took them before they were sent. */
  missed(records: number, after: number): void;
  /** The cursor is ahead of the ledger, which somebody has set back. */
  setBack(cursor: number, head: number): void;
  lag(records: number, seconds: number): void;
}

/** @param names of all sinks; metrics are declared once. Returns the events of each. */
export function createSinkEvents(
  log: Logger,
  metrics: Metrics,
  names: readonly string[],
): (sink: string) => SinkEvents {
  const counters = {
    records: metrics.counter({
      name: 'sink_records_total',
      help: 'Records of the ledger by what became of them at a sink.',
      labels: { sink: names, result: RESULTS },
    }),
    failures: metrics.counter({
      name: 'sink_failures_total',
      help: 'Attempts that a sink did not take, and that are made again.',
      labels: { sink: names, code: DELAY_CODES },
    }),
  };
  const lagRecords = metrics.gauge({
    name: 'sink_lag_records',
    help: 'Records of the ledger that a sink has not seen yet.',
    labels: { sink: names },
  });
  const lagSeconds = metrics.gauge({
    name: 'sink_lag_seconds',
    help: 'Age of the oldest record that a sink has not seen yet.',
    labels: { sink: names },
  });
  return (sink) => {
    const lost = (result: 'Skipped' | 'Rejected' | 'Missed', message: string, fields: Fields, by = 1) => {
      emit(
        businessEvent({
          level: 'error',
          message,
          fields: { sink, ...fields },
          counter: (all: typeof counters) => all.records,
          labels: { sink, result },
        }),
        { log, metrics: counters },
      );
      if (by > 1) counters.records.increment({ sink, result }, by - 1);
    };
    return {
      sent: (records) => counters.records.increment({ sink, result: 'Sent' }, records),
      delayed: (code, why, attempt, ms) =>
        emit(
          businessEvent({
            level: 'warn',
            message: 'a sink does not take evidence; it is tried again',
            fields: { sink, code, why, attempt, seconds: Math.round(ms) / 1000 },
            counter: (all: typeof counters) => all.failures,
            labels: { sink, code },
          }),
          { log, metrics: counters },
        ),
      skipped: ({ id, kind, document }, code, why) =>
        lost('Skipped', 'a sink refuses a record, which is skipped', {
          id,
          kind,
          record: document.sallyport.record,
          code,
          why,
        }),
      rejected: (records, firstId, why) =>
        lost('Rejected', 'a sink took a batch but for some of its records', { records, firstId, why }, records),
      missed: (records, after) =>
        lost('Missed', 'records were removed before a sink had them', { records, after }, records),
      setBack: (cursor, head) =>
        log.error({ sink, cursor, head }, 'the ledger ends before what a sink has had: somebody has set it back'),
      lag: (records, seconds) => {
        lagRecords.set({ sink }, records);
        lagSeconds.set({ sink }, seconds);
      },
    };
  };
}

type Fields = Readonly<Record<string, string | number>>;
