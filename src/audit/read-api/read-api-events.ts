import { errorText } from '../../platform/telemetry/error-text.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Counter, Metrics } from '../../platform/telemetry/metrics.ts';

/** How a request for records ended. */
export type ReadOutcome = 'Answered' | 'Forbidden' | 'Refused' | 'Unavailable';

export interface ReadApiEvents {
  read(username: string, verb: string, namespace: string | undefined, outcome: ReadOutcome): void;
  /** Somebody who is not the API server. */
  unauthenticated(address: string | undefined): void;
  unanswered(what: string, error: unknown): void;
  following(count: number): void;
}

const OUTCOMES = ['Answered', 'Forbidden', 'Refused', 'Unavailable', 'Unauthenticated'] as const;

export function createReadApiEvents(log: Logger, metrics: Metrics): ReadApiEvents {
  const requests: Counter<{ outcome: readonly string[] }> = metrics.counter({
    name: 'evidence_requests_total',
    help: 'Requests to the aggregated API of evidence, by outcome.',
    labels: { outcome: OUTCOMES },
  });
  const followers = metrics.gauge({
    name: 'evidence_followers',
    help: 'Watches of records that are open.',
    labels: {},
  });
  return {
    // Who looked at evidence is itself worth knowing.
    read: (username, verb, namespace, outcome) => {
      requests.increment({ outcome });
      log.info({ username, verb, namespace, outcome }, 'records were asked for');
    },
    unauthenticated: (address) => {
      requests.increment({ outcome: 'Unauthenticated' });
      log.debug({ address }, 'somebody other than the API server asked for evidence');
    },
    unanswered: (what, error) => {
      log.warn({ err: errorText(error) }, what);
    },
    following: (count) => followers.set({}, count),
  };
}
