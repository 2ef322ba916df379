import { expect, test } from 'vitest';
import { policyTerms, SRE, stage } from '../../../test/builders/approval-policy.ts';
import { run, SECOND, state, vote } from '../../../test/builders/approval-state.ts';
import { CREATED_AT } from '../../../test/builders/approval-request.ts';
import type { Approver, Stage } from '../api/kinds.ts';
import type { CastVote } from './approval-state.ts';
import { transition } from './transition.ts';

const user = (name: string): Approver => ({ kind: 'User', name });
const SECOND_OF_CAROL = stage('second', 1, [user('carol')]);

/** What comes of the approval of carol, who is in group sre, of a first stage of sre. */
function carolFirst(later: readonly Stage[], voter: Partial<CastVote> = {}, voted: readonly string[] = []): string {
  const start = state({ terms: [policyTerms({ stages: [stage('first', voted.length + 1), ...later] }, 'prod')] });
  const status = run(
    start,
    voted.map((person) => [vote(person, 'Approve'), 0] as const),
  );
  const result = transition({ ...start, status }, vote('carol', 'Approve', voter), CREATED_AT + SECOND);
  return result.ok ? 'counts' : result.refusal;
}

test.each<[string, string, Parameters<typeof carolFirst>]>([
  ['who alone is named later', 'NeededLater', [[SECOND_OF_CAROL]]],
  ['who alone is named two stages later', 'NeededLater', [[stage('second', 1), SECOND_OF_CAROL]]],
  ['who is named later as a person', 'NeededLater', [[SECOND_OF_CAROL], { username: 'carol-admin' }]],
  ['one of two who are both needed', 'NeededLater', [[stage('second', 2, [user('carol'), user('dave')])]]],
  ['one of two, of whom the other asked for it', 'NeededLater', [[stage('second', 1, [user('carol'), user('alice')])]]],
  [
    'one of two, of whom the other has voted',
    'NeededLater',
    [[stage('second', 1, [user('carol'), user('bob')])], {}, ['bob']],
  ],
  [
    'to whom alone it escalates',
    'NeededLater',
    [[{ ...stage('second', 1, [user('alice')]), escalateTo: [user('carol')] }]],
  ],
  ['one of two, one of whom is enough', 'counts', [[stage('second', 1, [user('carol'), user('dave')])]]],
  ['one of two, but it escalates to a third', 'counts', [[{ ...SECOND_OF_CAROL, escalateTo: [user('dave')] }]]],
  ['named beside a group, of which nobody knows who is in it', 'counts', [[stage('second', 1, [user('carol'), SRE])]]],
  ['not named later', 'counts', [[stage('second', 1, [user('dave')])]]],
  ['named where even they would not do', 'counts', [[stage('second', 2, [user('carol'), user('alice')])]]],
])('[R21] an approval of the first stage by somebody %s: %s', (_, expected, cast) => {
  expect(carolFirst(...cast)).toBe(expected);
});

const TERMS = [policyTerms({ stages: [stage('first', 1), SECOND_OF_CAROL] }, 'prod')];

test('it says which stage needs them, and they approve that one once somebody else has opened it', () => {
  const start = state({ terms: TERMS });
  expect(transition(start, vote('carol', 'Approve'), CREATED_AT)).toMatchObject({
    message:
      'stage second of policy prod cannot do without you, and a person counts once: let somebody else approve stage first',
  });
  expect(
    run(start, [
      [vote('carol', 'Approve'), 0],
      [vote('bob', 'Approve'), 0],
      [vote('carol', 'Approve'), SECOND],
    ]),
  ).toMatchObject({ state: 'Approved', approvals: '1/1, 1/1' });
});

test('[R24] they can deny it, whatever stage is open', () => {
  expect(run(state({ terms: TERMS }), [[vote('carol', 'Deny'), 0]]).state).toBe('Denied');
});

test('[R21] a later stage of another policy is no different: a person counts once in all', () => {
  const terms = [
    policyTerms({ stages: [stage('own', 1)] }, 'one'),
    policyTerms({ stages: [stage('dba', 1, [user('bob')]), SECOND_OF_CAROL] }, 'two'),
  ];
  const start = state({ terms });
  expect(transition(start, vote('carol', 'Approve'), CREATED_AT)).toMatchObject({ refusal: 'NeededLater' });
  expect(
    run(start, [
      [vote('bob', 'Approve'), 0],
      [vote('carol', 'Approve'), SECOND],
    ]).state,
  ).toBe('Approved');
});
