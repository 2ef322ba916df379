import type { Unreadable } from '../../core/evidence/query.ts';
import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { ReaderEvents } from './create-evidence-reader.ts';
import { IndexError } from './evidence-index.ts';

/** What an operator hears of the index. */
export interface IndexEvents extends ReaderEvents {
  opened(seq: number): void;
  emptied(why: string): void;
  added(records: number): void;
  lag(records: number, seconds: number): void;
  failed(doing: 'Open' | 'Add', error: unknown): void;
}

export function createIndexEvents(log: Logger, metrics: Metrics): IndexEvents {
  const counters = {
    failures: metrics.counter({
      name: 'evidence_index_failures_total',
      help: 'Attempts to open the index of the evidence or to add to it that failed; each is made again.',
      labels: { doing: ['Open', 'Add'], code: ['Unavailable', 'Corrupt', 'Diverged', 'Slow', 'BadPlace', 'Unknown'] },
    }),
    unreadable: metrics.counter({
      name: 'evidence_unreadable_total',
      help: 'Records that were found and not shown: Changed, somebody has written into their segment; Gone, it was removed.',
      labels: { why: ['Changed', 'Gone'] },
    }),
  };
  const added = metrics.counter({
    name: 'evidence_index_records_total',
    help: 'Records of the ledger that went into the index.',
    labels: {},
  });
  const searches = metrics.counter({
    name: 'evidence_searches_total',
    help: 'Searches for evidence, by how they ended.',
    labels: { outcome: ['Found', 'BadQuery', 'Unavailable'] },
  });
  const lagRecords = metrics.gauge({
    name: 'evidence_index_lag_records',
    help: 'Records of the ledger that are not in the index yet.',
    labels: {},
  });
  const lagSeconds = metrics.gauge({
    name: 'evidence_index_lag_seconds',
    help: 'Age of the newest record in the index while there are newer ones in the ledger; 0 where there are none.',
    labels: {},
  });
  const sinks = { log, metrics: counters };
  return {
    opened: (seq) => log.info({ records: seq }, 'the index of the evidence is open'),
    emptied: (why) => log.warn({ why }, 'the index of the evidence is made anew'),
    added: (records) => added.increment({}, records),
    lag: (records, seconds) => {
      lagRecords.set({}, records);
      lagSeconds.set({}, seconds);
    },
    failed: (doing, error) => {
      const code = error instanceof IndexError ? error.code : 'Unknown';
      const err = error instanceof Error ? error.message : 'unknown';
      const message = 'the index of the evidence is behind';
      const counter = (all: typeof counters) => all.failures;
      emit(
        businessEvent({ level: 'error', message, fields: { doing, code, err }, counter, labels: { doing, code } }),
        sinks,
      );
    },
    found: (outcome) => searches.increment({ outcome }),
    unreadable: ({ ledger, seq, id, why }: Unreadable) =>
      emit(
        businessEvent({
          level: 'error',
          message: 'a record of the ledger is not what it was',
          fields: { ledger, seq, id, why },
          counter: (all: typeof counters) => all.unreadable,
          labels: { why },
        }),
        sinks,
      ),
  };
}
