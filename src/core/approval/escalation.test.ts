import { describe, expect, test } from 'vitest';
import { policyTerms, SRE, stage } from '../../../test/builders/approval-policy.ts';
import { run, SECOND, state, vote } from '../../../test/builders/approval-state.ts';
import { CREATED_AT } from '../../../test/builders/approval-request.ts';
import type { Approver, RequestStatus, Stage } from '../api/kinds.ts';
import type { ApprovalEvent } from './approval-state.ts';
import { nextEscalation } from './escalation.ts';

const LEADS: Approver = { kind: 'Group', name: 'leads' };
const MINUTE = 60 * SECOND;

/** One of sre, after ten minutes one of leads may instead. */
const escalating = (name: string, required = 1): Stage => ({
  ...stage(name, required, [SRE]),
  escalateAfterSeconds: 600,
  escalateTo: [LEADS],
});
const one = state({ terms: [policyTerms({ stages: [escalating('oncall')] })] });
const two = state({ terms: [policyTerms({ stages: [escalating('oncall'), escalating('second')] })] });
const lead = (decision: 'Approve' | 'Deny', person = 'lead') => vote(person, decision, { groups: ['leads'] });
const tick: ApprovalEvent = { type: 'Tick' };

describe('a stage that escalates after ten minutes', () => {
  test.each<[string, typeof one, readonly (readonly [ApprovalEvent, number])[], RequestStatus['state']]>([
    [
      'does not take those whom it escalates to before',
      one,
      [
        [tick, 0],
        [lead('Approve'), 10 * MINUTE - 1],
      ],
      'Pending',
    ],
    ['takes them from then on, though nobody has looked in between', one, [[lead('Approve'), 10 * MINUTE]], 'Approved'],
    [
      'takes them afterwards',
      one,
      [
        [tick, 10 * MINUTE],
        [lead('Approve'), 11 * MINUTE],
      ],
      'Approved',
    ],
    [
      'still takes those whom it named first',
      one,
      [
        [tick, 10 * MINUTE],
        [vote('bob', 'Approve'), 11 * MINUTE],
      ],
      'Approved',
    ],
    [
      'never counts the vote of a moment before, whenever it is looked at',
      one,
      [
        [tick, 20 * MINUTE],
        [lead('Approve'), 10 * MINUTE - 1],
      ],
      'Pending',
    ],
    [
      'is not denied by them before',
      one,
      [
        [tick, 0],
        [lead('Deny'), 10 * MINUTE - 1],
      ],
      'Pending',
    ],
    ['is denied by them afterwards', one, [[lead('Deny'), 10 * MINUTE]], 'Denied'],
    [
      'is not approved by its requester, whom it escalates to',
      one,
      [
        [tick, 0],
        [vote('alice', 'Approve', { groups: ['leads'] }), 11 * MINUTE],
      ],
      'Pending',
    ],
    [
      'opens the next one, whose time begins then',
      two,
      [
        [vote('bob', 'Approve'), 5 * MINUTE],
        [lead('Approve'), 15 * MINUTE - 1],
      ],
      'Pending',
    ],
    [
      'opens the next one, which escalates in its own time',
      two,
      [
        [vote('bob', 'Approve'), 5 * MINUTE],
        [lead('Approve'), 15 * MINUTE],
      ],
      'Approved',
    ],
    [
      'that has its quorum in time does not escalate afterwards: the others have no say',
      two,
      [
        [vote('bob', 'Approve'), 9 * MINUTE],
        [lead('Deny'), 12 * MINUTE],
      ],
      'Pending',
    ],
  ])('%s', (_, start, events, expected) => {
    expect(run(start, events).state).toBe(expected);
  });

  test('says when it opened and escalated, and by a condition that it did', () => {
    const status = run(one, [[tick, 12 * MINUTE]]);
    expect(status.stages).toMatchObject([{ openedAt: '2026-01-01T00:00:00Z', escalatedAt: '2026-01-01T00:10:00Z' }]);
    expect(status.conditions).toEqual([
      {
        type: 'Escalated',
        status: 'True',
        reason: 'NotApprovedInTime',
        message: 'stage oncall of policy prod-shells was not approved in time; group leads may approve too',
        lastTransitionTime: '2026-01-01T00:10:00Z',
      },
    ]);
  });

  test('the condition of the first stays as it is when the second escalates', () => {
    const first = run(two, [[tick, 10 * MINUTE]]);
    const both = run({ ...two, status: first }, [
      [lead('Approve'), 11 * MINUTE],
      [tick, 21 * MINUTE],
    ]);
    expect(both.conditions).toEqual(first.conditions);
    expect(both.stages?.map(({ escalatedAt }) => escalatedAt)).toEqual([
      '2026-01-01T00:10:00Z',
      '2026-01-01T00:21:00Z',
    ]);
  });

  test('a request that was approved, or that ended before, never escalates', () => {
    const approved = run(one, [
      [vote('bob', 'Approve'), MINUTE],
      [tick, 11 * MINUTE],
    ]);
    expect([approved.state, approved.stages?.[0]?.escalatedAt]).toEqual(['Approved', undefined]);
    const short = state({ terms: [policyTerms({ stages: [escalating('oncall')], timeoutSeconds: 300 })] });
    expect(run(short, [[tick, 11 * MINUTE]])).toMatchObject({ state: 'Expired', stages: [{ approved: 0 }] });
    expect(run(short, [[tick, 11 * MINUTE]]).stages?.[0]?.escalatedAt).toBeUndefined();
  });

  test('the next escalation is that of an open stage', () => {
    const at = (status: RequestStatus) => {
      const next = nextEscalation(two.terms, status);
      return next === undefined ? undefined : (next - CREATED_AT) / MINUTE;
    };
    expect(at(run(two, [[tick, 0]]))).toBe(10);
    expect(at(run(two, [[vote('bob', 'Approve'), 5 * MINUTE]]))).toBe(15);
    expect(at(run(two, [[tick, 10 * MINUTE]]))).toBeUndefined();
  });
});
