import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyTerms, SRE, stage } from '../../../test/builders/approval-policy.ts';
import { CREATED_AT, approvalRequest } from '../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import type { ApprovalVote, VoteDecision } from '../api/kinds.ts';
import { timestamp } from './approval-state.ts';
import { foldVotes } from './fold-votes.ts';

const NOW = CREATED_AT + 60_000;
const request = approvalRequest();
const bob = { username: 'bob' };

describe('[R20] [R24] votes on a request that needs one of group sre', () => {
  test.each<[string, readonly ApprovalVote[], string]>([
    ['no vote leaves it Pending', [], 'Pending'],
    ['a member approves', [approvalVote(request, 'Approve', bob)], 'Approved'],
    [
      'a vote on another uid does not count',
      [approvalVote(request, 'Approve', bob, { spec: { requestUID: 'other' } })],
      'Pending',
    ],
    [
      'a vote on another digest does not count',
      [approvalVote(request, 'Approve', bob, { spec: { digest: 'other' } })],
      'Pending',
    ],
    [
      'a vote on another name does not count',
      [approvalVote(request, 'Approve', bob, { spec: { request: 'other' } })],
      'Pending',
    ],
    [
      'a vote in another namespace does not count',
      [approvalVote(request, 'Approve', bob, { metadata: { namespace: 'dev' } })],
      'Pending',
    ],
    [
      'a vote without a readable time does not count',
      [approvalVote(request, 'Approve', bob, { metadata: { creationTimestamp: 'soon' } })],
      'Pending',
    ],
    [
      'a vote after the deadline does not count',
      [approvalVote(request, 'Approve', bob, { metadata: { creationTimestamp: timestamp(CREATED_AT + 3_600_000) } })],
      'Pending',
    ],
    [
      'of two in one second the denial comes first',
      [approvalVote(request, 'Approve', bob), approvalVote(request, 'Deny', { username: 'carol' })],
      'Denied',
    ],
    [
      'a denial that was cast before its voter could see the approval ends it',
      [
        approvalVote(request, 'Approve', bob),
        approvalVote(
          request,
          'Deny',
          { username: 'carol' },
          { metadata: { creationTimestamp: timestamp(CREATED_AT + 11_000) } },
        ),
      ],
      'Revoked',
    ],
    [
      'a voter in no group of the stage does not count',
      [approvalVote(request, 'Approve', { username: 'slack:U1', groups: [] })],
      'Pending',
    ],
  ])('%s', (_, votes, expected) => {
    expect(foldVotes(request, votes, NOW).state).toBe(expected);
  });

  test('a vote without its stamps does not count', () => {
    const { voter, ...unstamped } = approvalVote(request, 'Approve', bob).spec;
    const votes = [{ ...approvalVote(request, 'Approve', bob), spec: unstamped }];
    expect(voter).toBeDefined();
    expect(foldVotes(request, votes, NOW).state).toBe('Pending');
  });

  test('a vote that is counted already is not counted again', () => {
    const two = approvalRequest({ policies: [policyTerms({ stages: [stage('oncall', 2)] })] });
    const votes = [approvalVote(two, 'Approve', bob)];
    const once = foldVotes(two, votes, NOW);
    expect(foldVotes({ ...two, status: once }, votes, NOW)).toEqual(once);
    expect(once).toMatchObject({ state: 'Pending', approvals: '1/2' });
  });

  test('votes in time count even where they are folded after the deadline, and then the time to use is over', () => {
    const late = foldVotes(request, [approvalVote(request, 'Approve', bob)], CREATED_AT + 4_000_000);
    expect(late).toMatchObject({ state: 'Expired', votes: [{ person: 'bob' }] });
  });
});

const someVotes = fc.uniqueArray(
  fc.record({
    person: fc.constantFrom('alice', 'bob', 'carol', 'dave', 'erin'),
    decision: fc.constantFrom<VoteDecision>('Approve', 'Approve', 'Approve', 'Deny', 'Revoke', 'Cancel'),
    second: fc.integer({ min: 0, max: 4 }),
    // A third of them by Slack, of which the first stage takes its on-call group alone.
    slack: fc.constantFrom(false, false, true),
    foreign: fc.constantFrom<Partial<ApprovalVote['spec']>>({}, {}, {}, { digest: 'other' }, { requestUID: 'other' }),
  }),
  { selector: ({ person, decision }) => `${person} ${decision === 'Deny' ? 'Approve' : decision}`, maxLength: 12 },
);

const pair = approvalRequest({
  policies: [
    policyTerms({
      stages: [stage('oncall', 2, [SRE, { kind: 'SlackUserGroup', name: 'oncall' }]), stage('leads', 1)],
    }),
    policyTerms({ stages: [stage('sure', 1, [{ kind: 'User', name: 'dave' }])], minAssurance: 'Console' }, 'sure'),
  ],
});

function votesOf(seeds: typeof someVotes extends fc.Arbitrary<infer T> ? T : never): ApprovalVote[] {
  return seeds.map(({ person, decision, second, slack, foreign }) =>
    approvalVote(
      pair,
      decision,
      slack ? { username: person, groups: [], slackGroups: ['oncall'] } : { username: person },
      {
        metadata: { creationTimestamp: timestamp(CREATED_AT + second * 1000) },
        spec: { via: slack ? 'Slack' : 'Kubernetes', assurance: slack ? 'Any' : 'Kubernetes', ...foreign },
      },
    ),
  );
}

test('[R24] the order in which votes arrive does not matter', () => {
  fc.assert(
    fc.property(
      someVotes.chain((seeds) => fc.tuple(fc.constant(seeds), fc.shuffledSubarray(seeds, { minLength: seeds.length }))),
      ([seeds, shuffled]) => {
        expect(foldVotes(pair, votesOf(shuffled), NOW)).toEqual(foldVotes(pair, votesOf(seeds), NOW));
      },
    ),
    { numRuns: 500 },
  );
});

test('[R20] [R21] what is counted belongs to the request, and never is the requester saying yes', () => {
  fc.assert(
    fc.property(someVotes, (seeds) => {
      const status = foldVotes(pair, votesOf(seeds), NOW);
      const foreign = new Set(
        votesOf(seeds.filter((seed) => Object.keys(seed.foreign).length > 0)).map((vote) => vote.metadata.uid),
      );
      const counted = status.votes ?? [];
      expect(counted.filter((entry) => foreign.has(entry.uid))).toEqual([]);
      expect(counted.filter((entry) => entry.person === 'alice' && entry.decision !== 'Cancel')).toEqual([]);
      expect(status.state !== 'Approved' || new Set(counted.map((entry) => entry.person)).size >= 3).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

describe('[R22] a vote by Slack', () => {
  const asked = (minAssurance?: 'Console', approvers = [{ kind: 'SlackUserGroup', name: 'oncall' } as const]) =>
    approvalRequest({
      policies: [
        policyTerms({ stages: [stage('s', 1, approvers)], ...(minAssurance === undefined ? {} : { minAssurance }) }),
      ],
    });
  const clicked = (on: ReturnType<typeof asked>, spec: Partial<ApprovalVote['spec']> = {}) =>
    approvalVote(
      on,
      'Approve',
      { username: 'bob', groups: [], slackGroups: ['oncall'] },
      { spec: { via: 'Slack', assurance: 'Any', ...spec } },
    );

  test('counts by its user group, by Slack alone, and only where that is sure enough', () => {
    const state = (on: ReturnType<typeof asked>, spec?: Partial<ApprovalVote['spec']>) =>
      foldVotes(on, [clicked(on, spec)], NOW).state;
    expect(state(asked())).toBe('Approved');
    expect(state(asked(), { via: 'Console' })).toBe('Pending');
    expect(state(asked('Console'))).toBe('Pending');
    expect(state(asked('Console'), { assurance: 'Console' })).toBe('Approved');
  });
});

describe('two stages, approved in one second', () => {
  const both = approvalRequest({
    policies: [policyTerms({ stages: [stage('oncall', 1), stage('leads', 1, [{ kind: 'User', name: 'dave' }])] })],
  });
  const oncall = approvalVote(both, 'Approve', bob);
  const leads = approvalVote(both, 'Approve', { username: 'dave', groups: [] });

  // R15: counted one by one as they came it is approved, and a use counts them all again.
  test.each([
    ['the first stage first', 'a', 'b'],
    ['the second stage first', 'b', 'a'],
  ])('are approved whatever their names say: %s', (_, first, second) => {
    const votes = [
      { ...oncall, metadata: { ...oncall.metadata, name: first } },
      { ...leads, metadata: { ...leads.metadata, name: second } },
    ];
    expect(foldVotes(both, votes, NOW).state).toBe('Approved');
    expect(foldVotes(both, votes.slice(1), NOW).state, 'the second stage alone').toBe('Pending');
  });
});

test('[R21] of two votes at once the one that a later stage needs waits for that stage', () => {
  const named = ['bob', 'carol'].map((name) => ({ kind: 'User', name }) as const);
  const both = approvalRequest({ policies: [policyTerms({ stages: [stage('first', 2), stage('second', 1, named)] })] });
  const votes = ['bob', 'carol'].map((username) => approvalVote(both, 'Approve', { username, groups: ['sre'] }));
  expect(foldVotes(both, votes, NOW)).toMatchObject({ state: 'Pending', approvals: '1/2, 0/1' });
  const third = approvalVote(both, 'Approve', { username: 'dave', groups: ['sre'] });
  expect(foldVotes(both, [...votes, third], NOW)).toMatchObject({ state: 'Approved', approvals: '2/2, 1/1' });
});
