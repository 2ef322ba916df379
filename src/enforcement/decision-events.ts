import type { DecisionRecord } from '../core/evidence/decision-record.ts';
import type { Recorder } from '../ports/recorder.ts';
import { businessEvent, emit } from '../platform/telemetry/event.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Counter, Histogram, Metrics } from '../platform/telemetry/metrics.ts';
import { ALLOWED_CODES, DENIALS } from './outcome.ts';

const VERDICTS = ['Allowed', 'Denied', 'Asked'] as const;

interface DecisionMetrics {
  readonly decisions: Counter<{ verdict: readonly string[]; code: readonly string[] }>;
  readonly seconds: Histogram<{ verdict: readonly string[] }>;
}

/** Every decision is one log line and one metric; the ledger joins them here when there is one. */
export function createRecorder(log: Logger, metrics: Metrics): Recorder {
  const declared: DecisionMetrics = {
    decisions: metrics.counter({
      name: 'decisions_total',
      help: 'Decisions of the enforcement points, by verdict and code.',
      labels: { verdict: VERDICTS, code: [...ALLOWED_CODES, ...Object.keys(DENIALS)] },
    }),
    seconds: metrics.histogram({
      name: 'decision_duration_seconds',
      help: 'Time from a parsed review to its verdict.',
      labels: { verdict: VERDICTS },
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    }),
  };
  return { record: (decision) => emit(decisionMade(decision), { log, metrics: declared }) };
}

function decisionMade(decision: DecisionRecord) {
  const { id, user, policies, ...facts } = decision;
  const event = businessEvent({
    level: decision.code === 'Unavailable' || decision.code === 'NotReady' ? 'error' : 'info',
    message: 'decision',
    fields: { decision: id, username: user.username, uid: user.uid, policies, ...facts },
    counter: (counters: DecisionMetrics) => counters.decisions,
    labels: { verdict: decision.verdict, code: decision.code },
  });
  return {
    ...event,
    count: (counters: DecisionMetrics) => {
      event.count(counters);
      counters.seconds.observe({ verdict: decision.verdict }, decision.seconds);
    },
  };
}
