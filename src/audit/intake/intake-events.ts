import { errorText } from '../../platform/telemetry/error-text.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Counter, Metrics } from '../../platform/telemetry/metrics.ts';

/** What happens to records that webhook processes hand in. */
export interface IntakeEvents {
  taken(client: string, kept: number, refused: number): void;
  failed(client: string, error: unknown): void;
}

const OUTCOMES = ['Kept', 'Refused', 'Failed'] as const;

export function createIntakeEvents(log: Logger, metrics: Metrics): IntakeEvents {
  const records: Counter<{ outcome: readonly string[] }> = metrics.counter({
    name: 'audit_intake_records_total',
    help: 'Records of decisions that webhook processes handed in, by outcome; Failed counts batches, which come again.',
    labels: { outcome: OUTCOMES },
  });
  return {
    taken: (client, kept, refused) => {
      records.increment({ outcome: 'Kept' }, kept);
      if (refused === 0) return;
      records.increment({ outcome: 'Refused' }, refused);
      log.error({ client, records: refused }, 'records of decisions were refused: they are not what ours look like');
    },
    failed: (client, error) => {
      records.increment({ outcome: 'Failed' });
      log.error({ client, err: errorText(error) }, 'records of decisions could not be kept; they are sent again');
    },
  };
}
