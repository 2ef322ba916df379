import type { DecisionRecord } from '../core/evidence/decision-record.ts';
import { businessEvent, emit } from '../platform/telemetry/event.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Counter, Histogram, Metrics } from '../platform/telemetry/metrics.ts';
import { ALLOWED_CODES, DENIALS, type DenialCode } from './outcome.ts';

/** Refused for a reason of ours, not of the policies. */
const TROUBLE: ReadonlySet<string> = new Set<DenialCode>(['Unavailable', 'NotReady', 'Unrecorded']);

const VERDICTS = ['Allowed', 'Denied', 'Asked'] as const;

interface DecisionMetrics {
  readonly decisions: Counter<{ verdict: readonly string[]; code: readonly string[] }>;
  readonly seconds: Histogram<{ verdict: readonly string[] }>;
}

/** The log line and the metric of each decision, as it was answered. */
export function createDecisionEvents(log: Logger, metrics: Metrics): (decision: DecisionRecord) => void {
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
  return (decision) => emit(decisionMade(decision), { log, metrics: declared });
}

function decisionMade(decision: DecisionRecord) {
  const { id, user, policies, ...facts } = decision;
  const event = businessEvent({
    level: TROUBLE.has(decision.code) ? 'error' : 'info',
    message: 'decision',
    fields: { decision: id, username: user.username, uid: user.uid, person: user.person, policies, ...facts },
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
