import { describe, expect, test } from 'vitest';
import { policyTerms, stage } from '../../../test/builders/approval-policy.ts';
import { CREATED_AT, approvalRequest } from '../../../test/builders/approval-request.ts';
import type { RequestStatus } from '../api/kinds.ts';
import { type ApprovalEvent, type CastUse, approvalState, timestamp } from './approval-state.ts';
import { transition } from './transition.ts';
import { SECOND, run, state, use, vote } from '../../../test/builders/approval-state.ts';

describe('[R24] one stage, one approver of group sre', () => {
  test.each<[string, readonly (readonly [ApprovalEvent, number])[], RequestStatus['state']]>([
    ['stays Pending without votes', [[{ type: 'Tick' }, SECOND]], 'Pending'],
    ['is Approved by one', [[vote('bob', 'Approve'), SECOND]], 'Approved'],
    [
      'is not approved by its requester',
      [
        [vote('alice', 'Approve'), SECOND],
        [{ type: 'Tick' }, SECOND],
      ],
      'Pending',
    ],
    [
      'is not approved by a stranger',
      [
        [vote('bob', 'Approve', { groups: [] }), SECOND],
        [{ type: 'Tick' }, SECOND],
      ],
      'Pending',
    ],
    [
      'is not approved by a ServiceAccount of the group',
      [
        [vote('sa', 'Approve', { username: 'system:serviceaccount:ci:bot' }), SECOND],
        [{ type: 'Tick' }, SECOND],
      ],
      'Pending',
    ],
    [
      'is ended by the first denial',
      [
        [vote('bob', 'Deny'), SECOND],
        [vote('carol', 'Approve'), 2 * SECOND],
      ],
      'Denied',
    ],
    [
      'is not denied by a stranger',
      [
        [vote('bob', 'Deny', { groups: [] }), SECOND],
        [{ type: 'Tick' }, SECOND],
      ],
      'Pending',
    ],
    [
      'is not denied by its requester',
      [
        [vote('alice', 'Deny'), SECOND],
        [{ type: 'Tick' }, SECOND],
      ],
      'Pending',
    ],
    [
      'is revoked by a denial that comes once it is approved',
      [
        [vote('bob', 'Approve'), SECOND],
        [vote('carol', 'Deny'), SECOND],
      ],
      'Revoked',
    ],
    [
      'is revoked once it is approved',
      [
        [vote('bob', 'Approve'), SECOND],
        [vote('bob', 'Revoke'), SECOND],
      ],
      'Revoked',
    ],
    ['is cancelled by its requester', [[vote('alice', 'Cancel'), SECOND]], 'Cancelled'],
    [
      'is cancelled by nobody else',
      [
        [vote('bob', 'Cancel'), SECOND],
        [{ type: 'Tick' }, SECOND],
      ],
      'Pending',
    ],
    ['is Pending a moment before its timeout', [[{ type: 'Tick' }, 3600 * SECOND - 1]], 'Pending'],
    ['is Expired at its timeout', [[{ type: 'Tick' }, 3600 * SECOND]], 'Expired'],
    ['takes a vote a moment before its timeout', [[vote('bob', 'Approve'), 3600 * SECOND - 1]], 'Approved'],
    ['takes no vote at its timeout', [[vote('bob', 'Approve'), 3600 * SECOND]], undefined],
    [
      'is used in time',
      [
        [vote('bob', 'Approve'), 0],
        [use(), 900 * SECOND - 1],
      ],
      'Consumed',
    ],
    [
      'is not used when its time is over',
      [
        [vote('bob', 'Approve'), 0],
        [use(), 900 * SECOND],
      ],
      'Approved',
    ],
    [
      'is Expired when it was not used in time',
      [
        [vote('bob', 'Approve'), 0],
        [{ type: 'Tick' }, 900 * SECOND],
      ],
      'Expired',
    ],
    [
      'is not used while Pending',
      [
        [{ type: 'Tick' }, 0],
        [use(), SECOND],
      ],
      'Pending',
    ],
    [
      '[R30] is revoked with its policy',
      [
        [vote('bob', 'Approve'), 0],
        [{ type: 'PolicyChanged', policy: 'p' }, 1],
      ],
      'Revoked',
    ],
    [
      'an acknowledgement changes nothing',
      [
        [vote('bob', 'Acknowledge'), 0],
        [{ type: 'Tick' }, 0],
      ],
      'Pending',
    ],
  ])('%s', (_, events, expected) => {
    expect(run(state(), events).state).toBe(expected);
  });
});

test('[R21] stages: the later one opens with the quorum of the earlier one, and a person counts once in all', () => {
  const terms = [
    policyTerms({
      stages: [
        stage('oncall', 2),
        stage('leads', 1, [
          { kind: 'Group', name: 'leads' },
          { kind: 'User', name: 'bob' },
        ]),
      ],
    }),
  ];
  const start = state({ terms });
  const refusal = (status: RequestStatus, event: ApprovalEvent) => {
    const result = transition({ ...start, status }, event, CREATED_AT + SECOND);
    return result.ok ? 'ok' : result.refusal;
  };
  const lead = vote('lead', 'Approve', { groups: ['leads'] });
  expect(refusal({}, lead)).toBe('StageNotOpen');
  const one = run(start, [[vote('bob', 'Approve'), 0]]);
  expect(one.approvals).toBe('1/2, 0/1');
  expect(refusal(one, vote('bob', 'Approve', { uid: 'again' }))).toBe('AlreadyVoted');
  const two = run(start, [
    [vote('bob', 'Approve'), 0],
    [vote('carol', 'Approve'), 0],
  ]);
  expect(two).toMatchObject({ state: 'Pending', approvals: '2/2, 0/1' });
  expect(refusal(two, vote('bob', 'Approve', { uid: 'again' }))).toBe('AlreadyVoted');
  expect(run({ ...start, status: two }, [[lead, SECOND]])).toMatchObject({ state: 'Approved', approvals: '2/2, 1/1' });
});

test('[R21] somebody whose identity resolves to another person by now still does not approve their own request', () => {
  const request = approvalRequest({ requester: { username: 'alice@example.com', person: 'alice' } });
  const own = vote('somebody-new', 'Approve', { username: 'alice@example.com' });
  expect(transition(approvalState(request), own, CREATED_AT)).toMatchObject({ ok: false, refusal: 'SelfApproval' });
});

test('[R21] one username counts once, whatever person it resolves to by now', () => {
  const start = state({ terms: [policyTerms({ stages: [stage('oncall', 2)] })] });
  const status = run(start, [
    [vote('bob', 'Approve'), 0],
    [vote('robert', 'Approve', { username: 'bob' }), 0],
  ]);
  expect(status).toMatchObject({ state: 'Pending', approvals: '1/2' });
});

test('[R21] the owner of a requesting agent never approves for it', () => {
  const request = approvalRequest({ requester: { username: 'agent', owner: 'bob' } });
  expect(transition(approvalState(request), vote('bob', 'Approve'), CREATED_AT)).toMatchObject({
    refusal: 'SelfApproval',
  });
});

describe('[R40] a use', () => {
  const approved = run(state(), [[vote('bob', 'Approve'), 0]]);
  const consumed = (first: Partial<CastUse>) => run({ ...state(), status: approved }, [[use(first), SECOND]]);
  test.each<[string, Partial<CastUse>, number, boolean]>([
    ['is repeated by the same write within 5 s', {}, 5999, true],
    ['is not repeated at 5 s', {}, 6000, false],
    ['is not repeated with another credential', { credential: 'c2' }, 1001, false],
    ['is not repeated by another user', { username: 'mallory' }, 1001, false],
    ['is not repeated on another target', { targetUID: 't2' }, 1001, false],
    ['is not repeated where the server reviews once', { repeatable: false }, 1001, false],
  ])('%s', (_, again, at, ok) => {
    const status = consumed({ repeatable: true });
    const result = transition(
      { ...state(), status },
      use({ repeatable: true, decision: 'd2', ...again }),
      CREATED_AT + at,
    );
    expect(result).toMatchObject(
      ok ? { ok, status: { state: 'Consumed', uses: [{ id: 'd1', repeats: 1 }] } } : { ok, refusal: 'AlreadyUsed' },
    );
  });
});

test.each<[string, number, string]>([
  ['not a number', Number.NaN, '1970-01-01T00:00:00Z'],
  ['before all time', -Infinity, '1970-01-01T00:00:00Z'],
  ['after RFC 3339', 9e15, '9999-12-31T23:59:59Z'],
  ['a fraction of a second', CREATED_AT + 999, '2026-01-01T00:00:00Z'],
])('a timestamp of %s is one that the API server takes', (_, ms, expected) => {
  expect(timestamp(ms)).toBe(expected);
});
