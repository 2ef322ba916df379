import type { ApprovalRequest, State } from '../../core/api/kinds.ts';
import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import { MILESTONES, type Milestone } from './milestones.ts';

const STATES = ['Pending', 'Approved', 'Denied', 'Expired', 'Revoked', 'Cancelled'] as const;

/** Says that a request is in another state now: one log line and one metric. */
export interface RequestTransitions {
  changed(request: ApprovalRequest, to: Exclude<State, 'Consumed'>): void;
  /** The same of what is no state. */
  reached(request: ApprovalRequest, milestone: Milestone['type'], message: string): void;
}

export function createRequestTransitions(log: Logger, metrics: Metrics): RequestTransitions {
  const counters = {
    transitions: metrics.counter({
      name: 'request_transitions_total',
      help: 'Requests that the controller brought into a state. A use is a decision: decisions_total.',
      labels: { state: STATES },
    }),
    milestones: metrics.counter({
      name: 'request_milestones_total',
      help: 'What happened to requests besides entering a state: escalations, break-glass, acknowledgements.',
      labels: { milestone: MILESTONES },
    }),
  };
  return {
    changed: (request, to) =>
      emit(
        businessEvent({
          level: 'info',
          message: 'request changed its state',
          fields: {
            request: `${request.metadata.namespace ?? ''}/${request.metadata.name}`,
            uid: request.metadata.uid,
            state: to,
            requester: request.spec.requester?.username,
            digest: request.spec.digest,
            approvals: request.status?.approvals,
          },
          counter: (all: typeof counters) => all.transitions,
          labels: { state: to },
        }),
        { log, metrics: counters },
      ),
    reached: (request, milestone, message) =>
      emit(
        businessEvent({
          level: milestone === 'BreakGlass' ? 'warn' : 'info',
          message: 'request reached a milestone',
          fields: {
            request: `${request.metadata.namespace ?? ''}/${request.metadata.name}`,
            uid: request.metadata.uid,
            milestone,
            detail: message,
            requester: request.spec.requester?.username,
            digest: request.spec.digest,
          },
          counter: (all: typeof counters) => all.milestones,
          labels: { milestone },
        }),
        { log, metrics: counters },
      ),
  };
}
