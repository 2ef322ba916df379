import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { policyTerms, stage } from '../../../test/builders/approval-policy.ts';
import { CREATED_AT } from '../../../test/builders/approval-request.ts';
import type { Approver, Assurance, PolicyTerms, RequestStatus, VoteDecision } from '../api/kinds.ts';
import {
  type ApprovalEvent,
  type ApprovalState,
  type CastUse,
  type CastVote,
  ENDED,
  timestamp,
} from './approval-state.ts';
import { isAssured } from './assurance.ts';
import { isListed } from './person.ts';
import { transition } from './transition.ts';
import { SECOND, run, state, vote } from '../../../test/builders/approval-state.ts';

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
const GROUPS = ['sre', 'leads', 'dba'];

type MinAssurance = Pick<PolicyTerms['terms'], 'minAssurance'>;

const approver: fc.Arbitrary<Approver> = fc.oneof(
  fc.constantFrom(...GROUPS).map((name): Approver => ({ kind: 'Group', name })),
  fc.constantFrom(...PEOPLE).map((name): Approver => ({ kind: 'User', name })),
  fc.constant<Approver>({ kind: 'SlackUserGroup', name: 'oncall' }),
);

const someTerms: fc.Arbitrary<PolicyTerms[]> = fc
  .array(
    fc.tuple(
      fc.constantFrom<MinAssurance>({}, {}, {}, { minAssurance: 'Console' }, { minAssurance: 'Kubernetes' }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.array(approver, { minLength: 1, maxLength: 3 })), {
        minLength: 1,
        maxLength: 3,
      }),
    ),
    {
      maxLength: 3,
    },
  )
  .map((policies) =>
    policies.map(([minAssurance, stages], p) =>
      policyTerms(
        { ...minAssurance, stages: stages.map(([required, approvers], s) => stage(`s${s}`, required, approvers)) },
        `p${p}`,
      ),
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
  groups: fc.subarray(GROUPS),
  person: fc.constantFrom(...PEOPLE),
  decision: fc.oneof(
    { weight: 6, arbitrary: fc.constant<VoteDecision>('Approve') },
    { weight: 1, arbitrary: fc.constantFrom<VoteDecision>('Deny', 'Revoke', 'Cancel', 'Acknowledge') },
  ),
  via: fc.constantFrom('Kubernetes', 'Slack'),
  assurance: fc.constantFrom<Assurance>('Any', 'Console', 'Kubernetes', 'Kubernetes', 'Kubernetes'),
  slackGroups: fc.constantFrom<string[]>([], ['oncall']),
});

const someUse: fc.Arbitrary<CastUse> = fc.record({
  decision: fc.uuid(),
  username: fc.constantFrom('alice', 'bob'),
  credential: fc.constantFrom('c1', 'c2'),
  targetUID: fc.constantFrom('t1', 't2'),
  repeatable: fc.boolean(),
  ignored: fc.constantFrom('i1', 'i2'),
});

const someEvent: fc.Arbitrary<ApprovalEvent> = fc.oneof(
  { weight: 6, arbitrary: someVote.map((vote): ApprovalEvent => ({ type: 'Vote', vote })) },
  { weight: 2, arbitrary: someUse.map((use): ApprovalEvent => ({ type: 'Use', use })) },
  { weight: 1, arbitrary: fc.constant<ApprovalEvent>({ type: 'Tick' }) },
  { weight: 1, arbitrary: fc.constant<ApprovalEvent>({ type: 'PolicyChanged', policy: 'p0' }) },
);

const history = fc.array(fc.tuple(someEvent, time), { maxLength: 25 });

/** Many votes in time, most of them approvals: how a quorum comes about. */
const votesInTime = fc.array(
  fc.tuple(
    fc.oneof(
      {
        weight: 12,
        arbitrary: someVote.map((vote): ApprovalEvent => ({ type: 'Vote', vote: { ...vote, decision: 'Approve' } })),
      },
      { weight: 1, arbitrary: someEvent },
    ),
    fc.integer({ min: 0, max: 3000 }).map((s) => CREATED_AT + s * SECOND),
  ),
  { minLength: 5, maxLength: 30, size: 'max' },
);

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
    fc.property(someTerms, fc.oneof(history, votesInTime, votesInTime), (terms, events) => {
      const start = state({ terms, excluded: ['alice', 'bob'] });
      const cast = new Map(events.flatMap(([event]) => (event.type === 'Vote' ? [[event.vote.uid, event.vote]] : [])));
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
              const voter = cast.get(next.uid);
              if (voter === undefined || !isListed(approvers, voter)) continue;
              expect(isAssured(policy, voter), 'a vote that is not sure enough is counted by halves').toBe(true);
              counted += 1;
            }
          }
        }
      });
    }),
    { numRuns: 3000 },
  );
  expect(reached, 'runs that reached a quorum').toBeGreaterThan(40);
});

const oneStage = fc.integer({ min: 1, max: 2 }).map((required) => [policyTerms({ stages: [stage('s', required)] })]);

/** Votes in time of people whom most stages list: approvals, and now and then a denial. */
const listedVotes = fc.array(
  fc.tuple(
    fc
      .tuple(
        someVote,
        fc.oneof(
          { weight: 4, arbitrary: fc.constant<VoteDecision>('Approve') },
          { weight: 1, arbitrary: fc.constant<VoteDecision>('Deny') },
        ),
      )
      .map(([each, decision]): ApprovalEvent => ({ type: 'Vote', vote: { ...each, groups: GROUPS, decision } })),
    fc.integer({ min: 0, max: 800 }).map((s) => CREATED_AT + s * SECOND),
  ),
  { minLength: 2, maxLength: 12, size: 'max' },
);

test('[R24] the first denial that counts ends it', () => {
  const reached = { Denied: 0, Revoked: 0 };
  fc.assert(
    fc.property(fc.oneof(someTerms, oneStage), fc.oneof(history, listedVotes, listedVotes), (terms, events) => {
      const status = follow(state({ terms }), events, () => undefined);
      const denied = (status.votes ?? []).findIndex((entry) => entry.decision === 'Deny');
      if (denied === -1) return;
      // One that crosses the approval takes it back.
      const approved = (status.conditions ?? []).some(({ type }) => type === 'Approved');
      const ended = approved ? 'Revoked' : 'Denied';
      reached[ended] += 1;
      expect(status.state).toBe(ended);
      expect(denied).toBe((status.votes ?? []).length - 1);
    }),
    { numRuns: 1000 },
  );
  expect(reached.Denied, 'runs in which somebody denied').toBeGreaterThan(100);
  expect(reached.Revoked, 'runs in which a denial crossed the approval').toBeGreaterThan(20);
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
            ignored: first?.[0].ignored,
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
  const someUseEvent = someUse.map((use): ApprovalEvent => ({ type: 'Use', use }));
  const approvedStatus = someStatus.map((status): RequestStatus => ({ ...status, state: 'Approved' }));
  let used = 0;
  fc.assert(
    fc.property(
      someTerms,
      fc.oneof(someStatus, approvedStatus),
      fc.oneof(someEvent, someUseEvent),
      time,
      time,
      (terms, status, event, createdAt, now) => {
        const result = transition(state({ terms, createdAt, status }), event, now);
        if (!result.ok) return;
        expect(JSON.parse(JSON.stringify(result.status))).toEqual(result.status);
        if (event.type !== 'Use' || status.state === 'Consumed') return;
        used += 1;
        expect(status.state).toBe('Approved');
        expect(now).toBeLessThan(Date.parse(status.expiresAt ?? ''));
      },
    ),
    { numRuns: 3000 },
  );
  expect(used, 'runs in which something was used').toBeGreaterThan(200);
});
