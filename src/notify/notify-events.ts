import type { ApprovalRequest } from '../core/api/kinds.ts';
import { businessEvent, emit } from '../platform/telemetry/event.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { Channel } from './channel.ts';

const RESULTS = ['Told', 'Delayed', 'Refused', 'GaveUp', 'Dropped'] as const;
export type DeliveryResult = (typeof RESULTS)[number];

export interface DeliveryFacts {
  readonly request:
    | ApprovalRequest
    | { readonly metadata: Pick<ApprovalRequest['metadata'], 'name' | 'namespace' | 'uid'> };
  /** `Slack #prod-access`. */
  readonly key: string;
  readonly kind: Channel['kind'];
  readonly occasions?: readonly string[];
  /** Never a secret: it is logged. */
  readonly problem?: string;
}

/** What operators see of telling people. */
export interface NotifyEvents {
  delivered(result: DeliveryResult, facts: DeliveryFacts): void;
  queued(waiting: number): void;
  /** A channel failed as none should. Its message is for the log alone: nobody knows what is in it. */
  failed(
    facts: Pick<DeliveryFacts, 'key'> & { readonly namespace: string; readonly name: string },
    error: unknown,
  ): void;
  /** What stands in status is behind what was done; it is written again until it is there. */
  unwritten(
    facts: Pick<DeliveryFacts, 'key'> & { readonly namespace: string; readonly name: string },
    error: unknown,
  ): void;
}

export function createNotifyEvents(log: Logger, metrics: Metrics): NotifyEvents {
  const counters = {
    notifications: metrics.counter({
      name: 'notifications_total',
      help: 'Attempts to tell somebody of a request, by what became of them.',
      labels: { channel: ['Slack', 'Email', 'Teams', 'Webhook'], result: RESULTS },
    }),
  };
  const waitingNow = metrics.gauge({
    name: 'notifications_waiting',
    help: 'Messages that wait for their turn.',
    labels: {},
  });
  return {
    delivered: (result, { request: { metadata }, key, kind, occasions, problem }) =>
      emit(
        businessEvent({
          level: result === 'Told' ? 'info' : 'warn',
          message: MESSAGES[result],
          fields: {
            request: `${metadata.namespace ?? ''}/${metadata.name}`,
            uid: metadata.uid,
            destination: key,
            ...(occasions === undefined ? {} : { occasions }),
            ...(problem === undefined ? {} : { problem }),
          },
          counter: (all: typeof counters) => all.notifications,
          labels: { channel: kind, result },
        }),
        { log, metrics: counters },
      ),
    unwritten: ({ namespace, name, key }, error) =>
      log.warn({ err: error, request: `${namespace}/${name}`, destination: key }, 'a status could not be written'),
    failed: ({ namespace, name, key }, error) =>
      log.error(
        // Not the error itself: libraries keep whole requests in theirs, with tokens.
        {
          err: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown',
          request: `${namespace}/${name}`,
          destination: key,
        },
        'a channel failed unexpectedly',
      ),
    queued: (waiting) => waitingNow.set({}, waiting),
  };
}

const MESSAGES: Readonly<Record<DeliveryResult, string>> = {
  Told: 'a destination was told of a request',
  Delayed: 'a destination could not be told of a request; it is tried again',
  Refused: 'a destination refuses to be told of a request',
  GaveUp: 'a destination could not be told of a request; it is not tried any more',
  Dropped: 'too many messages wait; a destination is told later',
};
