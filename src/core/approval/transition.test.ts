import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyTerms, stage } from '../../../test/builders/approval-policy.ts';
import { CREATED_AT, approvalRequest } from '../../../test/builders/approval-request.ts';
import type { Approver, PolicyTerms, RequestStatus, VoteDecision } from '../api/kinds.ts';
import {
  type ApprovalEvent,
  type ApprovalState,
  type CastUse,
  type CastVote,
  ENDED,
  approvalState,
  timestamp,
} from './approval-state.ts';
import { isListed } from './person.ts';
import { transition } from './transition.ts';

const SECOND = 1000;
const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];

function state(overrides: Partial<ApprovalState> = {}): ApprovalState {
  return {
    terms: [policyTerms()],
    excluded: ['alice'],
    requester: 'alice',
    createdAt: CREATED_AT,
    status: {},
    ...overrides,
  };
}

function vote(person: string, decision: VoteDecision, overrides: Partial<CastVote> = {}): ApprovalEvent {
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

function use(overrides: Partial<CastUse> = {}): ApprovalEvent {
  return {
    type: 'Use',
    use: { decision: 'd1', username: 'alice', credential: 'c1', targetUID: 't1', repeatable: false, ...overrides },
  };
}

/** Runs events in order; a refused one leaves the status as it is. */
function run(start: ApprovalState, events: readonly (readonly [ApprovalEvent, number])[]): RequestStatus {
  return events.reduce<RequestStatus>((status, [event, at]) => {
    const result = transition({ ...start, status }, event, CREATED_AT + at);
    return result.ok ? result.status : status;
  }, start.status);
}

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
      'is not denied once it is approved',
      [
        [vote('bob', 'Approve'), SECOND],
        [vote('carol', 'Deny'), SECOND],
      ],
      'Approved',
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

// ——— Properties ———

const approver: fc.Arbitrary<Approver> = fc.oneof(
  fc.constantFrom('sre', 'leads', 'dba').map((name): Approver => ({ kind: 'Group', name })),
  fc.constantFrom(...PEOPLE).map((name): Approver => ({ kind: 'User', name })),
);

const someTerms: fc.Arbitrary<PolicyTerms[]> = fc
  .array(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.array(approver, { minLength: 1, maxLength: 3 })), {
      minLength: 1,
      maxLength: 3,
    }),
    {
      maxLength: 3,
    },
  )
  .map((policies) =>
    policies.map((stages, p) =>
      policyTerms({ stages: stages.map(([required, approvers], s) => stage(`s${s}`, required, approvers)) }, `p${p}`),
    ),
  );

const garbageTime = fc.constantFrom(Number.NaN, Infinity, -Infinity, 8.64e15, 9e15, -9e15, 1e300, 0);
const time = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 5000 }).map((s) => CREATED_AT + s * SECOND) },
  { weight: 1, arbitrary: garbageTime },
);

const someVote: fc.Arbitrary<CastVote> = fc.record({
  uid: fc.uuid(),
  name: fc.uuid(),
  username: fc.constantFrom(...PEOPLE, 'system:serviceaccount:ci:bot'),
  groups: fc.subarray(['sre', 'leads', 'dba']),
  person: fc.constantFrom(...PEOPLE),
  decision: fc.oneof(
    { weight: 6, arbitrary: fc.constant<VoteDecision>('Approve') },
    { weight: 1, arbitrary: fc.constantFrom<VoteDecision>('Deny', 'Revoke', 'Cancel', 'Acknowledge') },
  ),
  via: fc.constantFrom('Kubernetes', 'Slack'),
});

const someUse: fc.Arbitrary<CastUse> = fc.record({
  decision: fc.uuid(),
  username: fc.constantFrom('alice', 'bob'),
  credential: fc.constantFrom('c1', 'c2'),
  targetUID: fc.constantFrom('t1', 't2'),
  repeatable: fc.boolean(),
});

const someEvent: fc.Arbitrary<ApprovalEvent> = fc.oneof(
  { weight: 6, arbitrary: someVote.map((vote): ApprovalEvent => ({ type: 'Vote', vote })) },
  { weight: 2, arbitrary: someUse.map((use): ApprovalEvent => ({ type: 'Use', use })) },
  { weight: 1, arbitrary: fc.constant<ApprovalEvent>({ type: 'Tick' }) },
  { weight: 1, arbitrary: fc.constant<ApprovalEvent>({ type: 'PolicyChanged', policy: 'p0' }) },
);

const history = fc.array(fc.tuple(someEvent, time), { maxLength: 25 });

/** Follows a history; calls back for every step that was taken. */
function follow(
  start: ApprovalState,
  events: readonly (readonly [ApprovalEvent, number])[],
  step: (before: RequestStatus, event: ApprovalEvent, after: RequestStatus) => void,
): RequestStatus {
  let status = start.status;
  for (const [event, now] of events) {
    const result = transition({ ...start, status }, event, now);
    if (!result.ok) continue;
    step(status, event, result.status);
    status = result.status;
  }
  return status;
}

test('[R24] nothing leads out of an ended state', () => {
  fc.assert(
    fc.property(someTerms, history, (terms, events) => {
      follow(state({ terms }), events, (before, event, after) => {
        if (before.state === undefined || !ENDED.has(before.state)) return;
        expect(after.state).toBe(before.state);
        expect(after.votes).toEqual(before.votes);
        expect(event.type === 'Tick' || (event.type === 'Use' && before.state === 'Consumed')).toBe(true);
      });
    }),
    { numRuns: 500 },
  );
});

test('[R21] Approved only with the quorum of every stage in its order, of different persons, none excluded', () => {
  let reached = 0;
  fc.assert(
    fc.property(someTerms, history, (terms, events) => {
      const start = state({ terms, excluded: ['alice', 'bob'] });
      const groups = new Map(
        events.flatMap(([event]) => (event.type === 'Vote' ? [[event.vote.uid, event.vote.groups]] : [])),
      );
      follow(start, events, (before, _, after) => {
        if (before.state === 'Approved' || after.state !== 'Approved') return;
        reached += 1;
        const approvals = (after.votes ?? []).filter((entry) => entry.decision === 'Approve');
        const people = approvals.map((entry) => entry.person);
        expect(new Set(people).size).toBe(people.length);
        expect(people).not.toContain('alice');
        expect(people).not.toContain('bob');
        expect(approvals.map((entry) => entry.username)).not.toContain('alice');
        expect(terms.length).toBeGreaterThan(0);
        for (const policy of terms) {
          const rest = [...approvals];
          for (const { approvers, required } of policy.terms.stages) {
            let counted = 0;
            while (counted < required) {
              const next = rest.shift();
              if (next === undefined) throw new Error(`no quorum in a stage of ${policy.name}`);
              if (isListed(approvers, { username: next.username, groups: groups.get(next.uid) ?? [] })) counted += 1;
            }
          }
        }
      });
    }),
    { numRuns: 3000 },
  );
  expect(reached).toBeGreaterThan(20);
});

test('[R24] the first denial that counts ends it', () => {
  fc.assert(
    fc.property(someTerms, history, (terms, events) => {
      const status = follow(state({ terms }), events, () => undefined);
      const denied = (status.votes ?? []).findIndex((entry) => entry.decision === 'Deny');
      if (denied === -1) return;
      expect(status.state).toBe('Denied');
      expect(denied).toBe((status.votes ?? []).length - 1);
    }),
    { numRuns: 1000 },
  );
});

test('[R40] of any interleaving of uses one succeeds, and only the same write is answered again', () => {
  const approved = run(state(), [[vote('bob', 'Approve'), 0]]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(someUse, fc.integer({ min: 0, max: 12_000 })), { minLength: 1, maxLength: 30 }),
      (uses) => {
        const taken: (readonly [CastUse, number])[] = [];
        let status = approved;
        for (const [cast, at] of uses.toSorted((a, b) => a[1] - b[1])) {
          const result = transition({ ...state(), status }, { type: 'Use', use: cast }, CREATED_AT + at);
          if (!result.ok) continue;
          taken.push([cast, at]);
          status = result.status;
        }
        const [first, ...again] = taken;
        expect(first).toBeDefined();
        expect(status.uses).toHaveLength(1);
        expect(status.uses?.[0]?.repeats ?? 0).toBe(again.length);
        for (const [cast, at] of again) {
          expect(cast).toMatchObject({
            repeatable: true,
            username: first?.[0].username,
            credential: first?.[0].credential,
            targetUID: first?.[0].targetUID,
          });
          expect(at - (first?.[1] ?? 0)).toBeLessThan(5000);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('it is total: garbage times and statuses never throw, and never approve or use what they should not', () => {
  const text = fc.option(
    fc.oneof(
      fc.constantFrom('', 'x', '+275760-09-13T00:00:00Z', '9999-12-31T23:59:59Z'),
      fc.integer({ min: 0, max: 5000 }).map((s) => timestamp(CREATED_AT + s * SECOND)),
    ),
    { nil: undefined },
  );
  const someStatus = fc
    .record({
      state: fc.option(fc.constantFrom<RequestStatus['state']>('Pending', 'Approved', 'Consumed', 'Denied'), {
        nil: undefined,
      }),
      expiresAt: text,
      endedAt: text,
      uses: fc.option(
        fc.array(
          fc.record({
            id: fc.uuid(),
            decision: fc.uuid(),
            at: text.map((at) => at ?? ''),
            username: fc.constant('alice'),
          }),
          { maxLength: 2 },
        ),
        { nil: undefined },
      ),
    })
    .map((status) => JSON.parse(JSON.stringify(status)) as RequestStatus);
  fc.assert(
    fc.property(someTerms, someStatus, someEvent, time, time, (terms, status, event, createdAt, now) => {
      const result = transition(state({ terms, createdAt, status }), event, now);
      if (!result.ok) return;
      expect(JSON.parse(JSON.stringify(result.status))).toEqual(result.status);
      if (event.type !== 'Use' || status.state === 'Consumed') return;
      expect(status.state).toBe('Approved');
      expect(now).toBeLessThan(Date.parse(status.expiresAt ?? ''));
    }),
    { numRuns: 3000 },
  );
});

test.each<[string, number, string]>([
  ['not a number', Number.NaN, '1970-01-01T00:00:00Z'],
  ['before all time', -Infinity, '1970-01-01T00:00:00Z'],
  ['after RFC 3339', 9e15, '9999-12-31T23:59:59Z'],
  ['a fraction of a second', CREATED_AT + 999, '2026-01-01T00:00:00Z'],
])('a timestamp of %s is one that the API server takes', (_, ms, expected) => {
  expect(timestamp(ms)).toBe(expected);
});
