import type { Clock } from '../../ports/clock.ts';
import { errorText } from '../telemetry/error-text.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Counter, Gauge, Labels, Metrics } from '../telemetry/metrics.ts';
import type { Spool } from './open-spool.ts';

/** What happens between the spool and the ledger. */
export interface SpoolEvents {
  /** Looks at the spool: called after each batch, and now and then. */
  observed(spool: Pick<Spool, 'free' | 'waiting'>): void;
  shipped(records: number): void;
  /** The intake will never take it; it is in the log alone. */
  refused(decision: string, problem: string): void;
  damaged(lines: number): void;
  unreachable(error: unknown): void;
  reachable(seconds: number): void;
}

const OUTCOMES = ['Kept', 'Refused', 'Damaged'] as const;

export function createSpoolEvents(clock: Clock, log: Logger, metrics: Metrics): SpoolEvents {
  const records: Counter<{ outcome: readonly string[] }> = metrics.counter({
    name: 'spool_records_total',
    help: 'Records that left the spool: kept by the ledger, refused by the intake, or damaged on our disk.',
    labels: { outcome: OUTCOMES },
  });
  const gauge = (name: string, help: string): Gauge<Labels> => metrics.gauge({ name, help, labels: {} });
  const waiting = gauge('spool_records', 'Records of decisions on our disk that have not come to the ledger yet.');
  const free = gauge('spool_free_bytes', 'Room in the spool; at 0 nothing that needs approval goes through.');
  const oldest = gauge('spool_oldest_seconds', 'Age of the oldest record that has not come to the ledger yet.');
  return {
    observed: (spool) => {
      const { records: count, oldestAt } = spool.waiting();
      waiting.set({}, count);
      free.set({}, spool.free());
      oldest.set({}, oldestAt === undefined ? 0 : Math.max(clock.now() - oldestAt, 0) / 1000);
    },
    shipped: (count) => records.increment({ outcome: 'Kept' }, count),
    refused: (decision, problem) => {
      records.increment({ outcome: 'Refused' });
      log.error({ decision, problem }, 'the audit role refuses the record of a decision: it is in the log alone');
    },
    damaged: (lines) => {
      records.increment({ outcome: 'Damaged' }, lines);
      log.warn(
        { lines },
        'lines of the spool were torn or damaged: a process ended while it wrote, or the disk is bad',
      );
    },
    unreachable: (error) =>
      log.warn({ err: errorText(error) }, 'the audit role does not take records of decisions; the spool keeps them'),
    reachable: (seconds) => log.info({ seconds }, 'the audit role takes records of decisions again'),
  };
}
