import { policyTerms } from '../builders/approval-policy.ts';
import { CREATED_AT } from '../builders/approval-request.ts';
import type { RequestStatus, VoteDecision } from '../../src/core/api/kinds.ts';
import {
  type ApprovalEvent,
  type ApprovalState,
  type CastUse,
  type CastVote,
} from '../../src/core/approval/approval-state.ts';
import { transition } from '../../src/core/approval/transition.ts';

export const SECOND = 1000;

export function state(overrides: Partial<ApprovalState> = {}): ApprovalState {
  return {
    terms: [policyTerms()],
    excluded: ['alice'],
    requester: 'alice',
    createdAt: CREATED_AT,
    status: {},
    ...overrides,
  };
}

export function vote(person: string, decision: VoteDecision, overrides: Partial<CastVote> = {}): ApprovalEvent {
  return {
    type: 'Vote',
    vote: {
      uid: `${person}-${decision}`,
      name: `${person}-${decision}`,
      username: person,
      groups: ['sre'],
      person,
      decision,
      via: 'Kubernetes',
      ...overrides,
    },
  };
}

export function use(overrides: Partial<CastUse> = {}): ApprovalEvent {
  return {
    type: 'Use',
    use: { decision: 'd1', username: 'alice', credential: 'c1', targetUID: 't1', repeatable: false, ...overrides },
  };
}

/** Runs events in order; a refused one leaves the status as it is. */
export function run(start: ApprovalState, events: readonly (readonly [ApprovalEvent, number])[]): RequestStatus {
  return events.reduce<RequestStatus>((status, [event, at]) => {
    const result = transition({ ...start, status }, event, CREATED_AT + at);
    return result.ok ? result.status : status;
  }, start.status);
}
