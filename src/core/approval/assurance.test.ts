import { describe, expect, test } from 'vitest';
import { policyTerms, SRE, stage } from '../../../test/builders/approval-policy.ts';
import { run, state, vote } from '../../../test/builders/approval-state.ts';
import { CREATED_AT } from '../../../test/builders/approval-request.ts';
import type { Approver, Assurance, RequestStatus, VoteDecision } from '../api/kinds.ts';
import type { ApprovalState, CastVote } from './approval-state.ts';
import { isAssured, neededAssurance } from './assurance.ts';
import { isListed } from './person.ts';
import { transition } from './transition.ts';

const SLACK = { via: 'Slack', assurance: 'Any' } as const;
const CONSOLE = { via: 'Console', assurance: 'Console' } as const;
const KUBECTL = { via: 'Kubernetes', assurance: 'Kubernetes' } as const;
const prod = policyTerms({ minAssurance: 'Console' }, 'prod');
const bank = policyTerms({ minAssurance: 'Kubernetes' }, 'bank');

function answer(start: ApprovalState, person: string, decision: VoteDecision, how: Partial<CastVote>): string {
  const result = transition(start, vote(person, decision, how), CREATED_AT + 1000);
  return result.ok ? (result.status.state ?? '') : `${result.refusal}: ${result.message}`;
}

describe('minAssurance', () => {
  test.each<[Assurance | undefined, readonly (Assurance | undefined)[]]>([
    [undefined, [undefined, 'Any', 'Console', 'Kubernetes']],
    ['Console', ['Console', 'Kubernetes']],
    ['Kubernetes', ['Kubernetes']],
  ])('%s takes %s and nothing else', (asked, taken) => {
    const policy = policyTerms(asked === undefined || asked === 'Any' ? {} : { minAssurance: asked });
    const all = [undefined, 'Any', 'Console', 'Kubernetes'] as const;
    expect(all.filter((assurance) => isAssured(policy, { assurance }))).toEqual(taken);
  });

  test('of several policies the most is needed', () => {
    expect(neededAssurance([])).toBe('Any');
    expect(neededAssurance([policyTerms()])).toBe('Any');
    expect(neededAssurance([policyTerms(), prod])).toBe('Console');
    expect(neededAssurance([bank, prod])).toBe('Kubernetes');
  });

  test.each<[string, Partial<CastVote>, string]>([
    [
      'by Slack is told what to do instead',
      SLACK,
      'AssuranceTooLow: a vote by Slack is not enough for policy prod: vote in the console, or with kubectl sallyport',
    ],
    [
      'that does not say how sure it is, is not',
      {},
      'AssuranceTooLow: a vote by Kubernetes is not enough for policy prod: vote in the console, or with kubectl sallyport',
    ],
    ['in the console counts', CONSOLE, 'Approved'],
    ['by kubectl counts', KUBECTL, 'Approved'],
  ])('an approval %s', (_, how, expected) => {
    expect(answer(state({ terms: [prod] }), 'bob', 'Approve', how)).toBe(expected);
  });

  test('only kubectl is named where only kubectl is enough', () => {
    expect(answer(state({ terms: [bank] }), 'bob', 'Approve', CONSOLE)).toBe(
      'AssuranceTooLow: a vote by Console is not enough for policy bank: vote with kubectl sallyport',
    );
  });

  test('who is not listed is told that, and nothing of assurance', () => {
    expect(answer(state({ terms: [prod] }), 'bob', 'Approve', { ...SLACK, groups: [] })).toMatch(/^NotAnApprover/);
  });

  test('saying no is enough from anywhere', () => {
    expect(answer(state({ terms: [bank] }), 'bob', 'Deny', SLACK)).toBe('Denied');
    expect(answer(state({ terms: [bank] }), 'alice', 'Cancel', SLACK)).toBe('Cancelled');
    const approved = run(state({ terms: [bank] }), [[vote('bob', 'Approve', KUBECTL), 1000]]);
    expect(answer(state({ terms: [bank], status: approved }), 'carol', 'Revoke', SLACK)).toBe('Revoked');
  });

  test('a vote is not counted for one policy where another asks for more: the voter has but one', () => {
    const terms = [policyTerms({}, 'dev'), prod];
    expect(answer(state({ terms }), 'bob', 'Approve', SLACK)).toMatch(/^AssuranceTooLow.*policy prod:/);
    expect(answer(state({ terms }), 'bob', 'Approve', CONSOLE)).toBe('Approved');
    const other = [
      policyTerms({}, 'dev'),
      policyTerms({ ...prod.terms, stages: [stage('s', 1, [{ kind: 'Group', name: 'dba' }])] }, 'prod'),
    ];
    expect(answer(state({ terms: other }), 'bob', 'Approve', SLACK), 'whose open stage does not list them').toBe(
      'Pending',
    );
  });

  const glass = { breakGlass: { subjects: [{ kind: 'User' as const, name: 'alice' }], maxWindowSeconds: 60 } };
  test('the glass is broken, and looked at, as surely as it is approved', () => {
    const terms = [policyTerms({ ...prod.terms, ...glass }, 'prod')];
    expect(answer(state({ terms }), 'alice', 'BreakGlass', { ...SLACK, reason: 'fire' })).toMatch(/^AssuranceTooLow/);
    const status: RequestStatus = run(state({ terms }), [
      [vote('alice', 'BreakGlass', { ...CONSOLE, reason: 'fire' }), 1000],
    ]);
    expect(status.state).toBe('Approved');
    expect(answer(state({ terms, status }), 'bob', 'Acknowledge', SLACK)).toMatch(/^AssuranceTooLow/);
    expect(answer(state({ terms, status }), 'bob', 'Acknowledge', CONSOLE)).toBe('Approved');
  });
});

test('who looks at a broken glass is sure enough and separate for one and the same policy', () => {
  const broken = policyTerms(
    { breakGlass: { subjects: [{ kind: 'User', name: 'alice' }], maxWindowSeconds: 60 } },
    'one',
  );
  const terms = [
    { ...broken, terms: { ...broken.terms, minAssurance: 'Console' as const } },
    { ...broken, name: 'other', terms: { ...broken.terms, separation: 'Strict' as const } },
  ];
  const status = run(state({ terms }), [[vote('alice', 'BreakGlass', { ...CONSOLE, reason: 'fire' }), 1000]]);
  expect(answer(state({ terms, status }), 'bob', 'Acknowledge', SLACK)).toMatch(/^NotSeparate/);
  expect(answer(state({ terms, status }), 'bob', 'Acknowledge', CONSOLE)).toBe('Approved');
});

describe('an approver list', () => {
  const oncall: Approver = { kind: 'SlackUserGroup', name: 'oncall' };
  const bob = { username: 'bob@example.com', person: 'Bob', groups: [], slackGroups: ['oncall'], via: 'Slack' };
  test.each<[string, Approver, object, boolean]>([
    ['a Slack group names who was in it, by Slack', oncall, {}, true],
    ['not by another channel', oncall, { via: 'Console' }, false],
    ['not who says no channel', oncall, { via: undefined }, false],
    ['not by a group of the cluster of that name', oncall, { slackGroups: [], groups: ['oncall'] }, false],
    ['nor is a Slack group one of the cluster', SRE, { slackGroups: ['sre'] }, false],
    ['a User is named by the username', { kind: 'User', name: 'bob@example.com' }, {}, true],
    ['or as the person', { kind: 'User', name: 'Bob' }, {}, true],
    ['and nobody else', { kind: 'User', name: 'bob' }, {}, false],
  ])('%s', (_, approver, voter, expected) => {
    expect(isListed([approver], { ...bob, ...voter })).toBe(expected);
  });
});

test('who asked may take it back under the name that they asked by, whatever the map has come to say', () => {
  const start = state({ excluded: ['alice'], requester: 'alice', requesterUsername: 'alice' });
  expect(answer(start, 'Alice A', 'Cancel', { username: 'alice' })).toBe('Cancelled');
  expect(answer(start, 'alice', 'Cancel', { username: 'other' })).toBe('Cancelled');
  expect(answer(start, 'Alice A', 'Cancel', { username: 'other' })).toMatch(/^NotTheRequester/);
});
