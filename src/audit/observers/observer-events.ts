import type { EvidenceKind } from '../../core/evidence/evidence-record.ts';
import { errorText } from '../../platform/telemetry/error-text.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Counter, Gauge, Labels, Metrics } from '../../platform/telemetry/metrics.ts';

/** What the observers tell of themselves. */
export interface ObserverEvents {
  kept(kind: EvidenceKind, unsealed: boolean): void;
  waiting(records: number): void;
  failed(error: unknown): void;
  recovered(seconds: number): void;
  refused(id: string, error: unknown): void;
}

const KINDS = ['Request', 'Vote', 'Use', 'Policy'] as const;

export function createObserverEvents(log: Logger, metrics: Metrics): ObserverEvents {
  const kept: Counter<{ kind: readonly string[]; sealed: readonly string[] }> = metrics.counter({
    name: 'evidence_observed_total',
    help: 'What was seen of requests, votes, uses and policies and is in the ledger; without our seal it is not genuine.',
    labels: { kind: KINDS, sealed: ['true', 'false'] },
  });
  const waiting: Gauge<Labels> = metrics.gauge({
    name: 'evidence_observed_waiting',
    help: 'What was seen and waits for the ledger.',
    labels: {},
  });
  waiting.set({}, 0);
  return {
    kept: (kind, unsealed) => kept.increment({ kind, sealed: unsealed ? 'false' : 'true' }),
    waiting: (records) => waiting.set({}, records),
    failed: (error) =>
      log.error({ err: errorText(error) }, 'what happens to requests and votes cannot be recorded now'),
    recovered: (seconds) => log.info({ seconds }, 'what happens to requests and votes is recorded again'),
    refused: (id, error) => log.error({ id, err: errorText(error) }, 'a record is refused by the ledger for good'),
  };
}
