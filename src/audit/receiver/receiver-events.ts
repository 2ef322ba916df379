import { CLOSED } from '../../platform/http/connection-guard.ts';
import type { EventField } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { Clock } from '../../ports/clock.ts';
import { CUTS } from './salvage-event.ts';
import type { StoredBatch } from './store-batch.ts';

const REFUSALS = [
  'Unauthenticated',
  'NotFound',
  'MethodNotAllowed',
  'TooLarge',
  'TooSlow',
  'Encoded',
  'NotAnEventList',
  'NoRoom',
  'TooManyWaiting',
  'Late',
  'LedgerBusy',
  'LedgerUnwritable',
  'LedgerClosed',
  'LedgerDamaged',
  'LedgerRejected',
] as const;

/** Why a batch got another answer than 200. */
export type RefusalReason = (typeof REFUSALS)[number];

export interface ReceiverEvents {
  /** @param seconds from the end of its body to the answer */
  batchKept(source: string, batch: StoredBatch, seconds: number): void;
  batchRefused(reason: RefusalReason, facts: Readonly<Record<string, EventField>>): void;
  /** @param source its address */
  connectionClosed(why: (typeof CLOSED)[number], source: string): void;
}

/** A line for each refusal, but no more than so often for each reason: whoever floods us must not flood the log as well. */
const LINE_MS = 1_000;

/** One event of the year 9999 would spoil the sum of the lag for ever. */
const BELIEVED_SECONDS = 24 * 3_600;

export function createReceiverEvents(log: Logger, metrics: Metrics, clock: Clock): ReceiverEvents {
  const events = metrics.counter({
    name: 'audit_events_total',
    help: 'Events of API servers that are in the ledger: Kept, Duplicate (was there already), or why a stub stands for it.',
    labels: { outcome: ['Kept', 'Duplicate', ...CUTS] },
  });
  const batches = metrics.counter({
    name: 'audit_batches_total',
    help: 'Batches of audit events by answer: Kept (200), or why not.',
    labels: { outcome: ['Kept', ...REFUSALS] },
  });
  const seconds = metrics.histogram({
    name: 'audit_batch_duration_seconds',
    help: 'Time from the end of a batch to its answer, which comes when it is on the disk.',
    labels: { outcome: ['Kept'] },
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  });
  const lag = metrics.histogram({
    name: 'audit_event_lag_seconds',
    help: 'Age of the first event of a batch (by its stageTimestamp) when the batch had come.',
    labels: {},
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900],
  });
  const unbelieved = metrics.counter({
    name: 'audit_event_lag_unknown_total',
    help: 'Batches whose first event says no time, or one that is a day away from now or more: they have no lag.',
    labels: {},
  });
  const closed = metrics.counter({
    name: 'audit_connections_closed_total',
    help: 'Connections closed for want of room: Unproved (had not authenticated, and others came), TooMany (new ones).',
    labels: { why: CLOSED },
  });
  const told = new Map<string, { at: number; untold: number }>();
  const tell = (reason: string, facts: Readonly<Record<string, EventField>>, message: string): void => {
    const now = clock.now();
    const last = told.get(reason);
    if (last !== undefined && now - last.at < LINE_MS) {
      last.untold += 1;
      return;
    }
    told.set(reason, { at: now, untold: 0 });
    log.warn({ reason, ...facts, untold: last?.untold ?? 0 }, message);
  };
  return {
    batchKept: (source, batch, took) => {
      batches.increment({ outcome: 'Kept' });
      seconds.observe({ outcome: 'Kept' }, took);
      const { lagSeconds } = batch;
      if (lagSeconds !== undefined && Math.abs(lagSeconds) <= BELIEVED_SECONDS)
        lag.observe({}, Math.max(0, lagSeconds));
      else unbelieved.increment({});
      const { duplicates, cuts } = batch;
      let others = duplicates;
      events.increment({ outcome: 'Duplicate' }, duplicates);
      for (const [cut, count] of cuts) {
        events.increment({ outcome: cut }, count);
        others += count;
      }
      events.increment({ outcome: 'Kept' }, Math.max(0, batch.events - others));
      if (cuts.size > 0) log.warn({ source, ...Object.fromEntries(cuts) }, 'audit events were kept as stubs');
    },
    batchRefused: (reason, facts) => {
      batches.increment({ outcome: reason });
      tell(reason, facts, 'an audit batch was refused');
    },
    connectionClosed: (why, source) => {
      closed.increment({ why });
      tell(why, { source }, 'a connection to the audit receiver was closed for want of room');
    },
  };
}
