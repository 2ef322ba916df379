import type { RequestStatus, State } from '../api/kinds.ts';
import { type Refusal, timestamp, type Transition } from './approval-state.ts';
import { withCondition } from './conditions.ts';

/** The status of a request that ends now, and the condition that says why. */
export function end(status: RequestStatus, to: State, reason: string, message: string, now: number): RequestStatus {
  return {
    ...status,
    state: to,
    endedAt: timestamp(now),
    conditions: withCondition(status.conditions, { type: to, status: 'True', reason, message }, now),
  };
}

export function ok(status: RequestStatus): Transition {
  return { ok: true, status };
}

export function refuse(refusal: Refusal, message: string): Transition {
  return { ok: false, refusal, message };
}
