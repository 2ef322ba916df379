import { API_VERSION } from '../../core/api/group.ts';
import type { ApprovalRequest } from '../../core/api/kinds.ts';
import { timestamp } from '../../core/approval/approval-state.ts';
import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { Events } from '../../ports/events.ts';
import type { Opening } from './openings.ts';

const CHANGES = ['Opened', 'Closed'] as const;
type Change = (typeof CHANGES)[number];

export type OpenOne = Extract<Opening, { kind: 'Open' }>;

/** Says that the fence was opened for somebody, or closed: a log line, a metric and an Event on the request. */
export interface OpeningEvents {
  changed(opening: OpenOne, to: Change): void;
  /** How many stand open now. */
  open(count: number): void;
}

export function createOpeningEvents(log: Logger, metrics: Metrics, events: Events): OpeningEvents {
  const counters = {
    changes: metrics.counter({
      name: 'fence_openings_total',
      help: 'How often the fence was opened for somebody by an approved request, and closed again.',
      labels: { change: CHANGES },
    }),
  };
  const standing = metrics.gauge({
    name: 'fence_open',
    help: 'For how many people the fence stands open now.',
    labels: {},
  });
  return {
    open: (count) => standing.set({}, count),
    changed: ({ request, username, until }, to) => {
      const { namespace = '', name } = request.metadata;
      emit(
        businessEvent({
          level: 'warn',
          message: to === 'Opened' ? 'the fence was opened' : 'the fence was closed',
          fields: {
            request: `${namespace}/${name ?? ''}`,
            username,
            until: timestamp(until),
            reason: request.spec.reason,
          },
          counter: (all: typeof counters) => all.changes,
          labels: { change: to },
        }),
        { log, metrics: counters },
      );
      events.emit({
        regarding: regarding(request),
        type: to === 'Opened' ? 'Warning' : 'Normal',
        reason: `Fence${to}`,
        action: 'Reconcile',
        note:
          to === 'Opened'
            ? `${username} may change what the gate stands on until ${timestamp(until)}; kubectl sallyport revoke ends it`
            : `${username} may not change what the gate stands on any more`,
      });
    },
  };
}

function regarding({
  metadata: { namespace = '', name, uid },
}: ApprovalRequest): Parameters<Events['emit']>[0]['regarding'] {
  return {
    apiVersion: API_VERSION,
    kind: 'ApprovalRequest',
    namespace,
    name: name ?? '',
    ...(uid === undefined ? {} : { uid }),
  };
}
