import { describe, expect, test } from 'vitest';
import { policyTerms, stage } from '../../../test/builders/approval-policy.ts';
import { approvalRequest, CREATED_AT } from '../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import { state, vote } from '../../../test/builders/approval-state.ts';
import { foldVotes } from './fold-votes.ts';
import { reasonProblem } from './reason.ts';
import { transition } from './transition.ts';

const INC = '(INC|CHG)-[0-9]+';
const asks = (...patterns: (string | undefined)[]) =>
  patterns.map((pattern, index) =>
    policyTerms({ requireReason: true, ...(pattern === undefined ? {} : { reasonPattern: pattern }) }, `p${index}`),
  );

describe('a reason', () => {
  test.each<[string, ReturnType<typeof asks>, string | undefined, string | undefined]>([
    ['is not asked for by most policies', [policyTerms()], undefined, undefined],
    ['that is missing', asks(undefined), undefined, 'a reason is required'],
    ['of nothing but spaces', asks(undefined), ' \n', 'a reason is required'],
    ['of any words, where none are asked for', asks(undefined), 'because', undefined],
    ['that is missing, of a pattern', asks(INC), undefined, `a reason is required that matches ${INC}`],
    ['that does not match', asks(INC), 'because', `the reason does not match ${INC}`],
    ['that matches anywhere, as in CEL', asks(INC), 'see INC-7, please', undefined],
    ['that matches only what is anchored', asks(`^${INC}$`), 'see INC-7', `the reason does not match ^${INC}$`],
    ['must match the patterns of all policies', asks(INC, 'prod'), 'INC-7', 'the reason does not match prod'],
    ['never matches a pattern that cannot be read', asks('(INC'), '(INC', 'the reason does not match (INC'],
    [
      'is asked for by a pattern alone',
      [policyTerms({ reasonPattern: 'x' })],
      '',
      'a reason is required that matches x',
    ],
  ])('%s', (_, terms, reason, problem) => {
    expect(reasonProblem(terms, reason)).toBe(problem);
  });

  test('that is missing holds up the approval, and no denial', () => {
    const waiting = state({ terms: asks(INC) });
    expect(transition(waiting, vote('bob', 'Approve'), CREATED_AT)).toMatchObject({
      ok: false,
      refusal: 'ReasonRequired',
      message: `a reason is required that matches ${INC}; its requester gives one with kubectl sallyport reason`,
    });
    expect(transition(waiting, vote('bob', 'Deny'), CREATED_AT)).toMatchObject({ status: { state: 'Denied' } });
    const given = transition({ ...waiting, reason: 'INC-7' }, vote('bob', 'Approve'), CREATED_AT);
    expect(given).toMatchObject({ ok: true, status: { state: 'Approved' } });
  });

  test('that was matched once is not matched again, and another one is', () => {
    const known = new Map();
    expect(reasonProblem(asks(INC), 'INC-7', known)).toBeUndefined();
    expect([...known.values()]).toEqual([true]);
    expect(reasonProblem(asks(INC), 'because', known)).toBe(`the reason does not match ${INC}`);
    for (const key of known.keys()) known.set(key, false);
    expect(reasonProblem(asks(INC), 'INC-7', known)).toBe(`the reason does not match ${INC}`);
  });

  test('is matched once for all votes on a request', () => {
    const patterns = Array.from({ length: 16 }, (_, index) => `(INC|CHG${index})-[0-9]{1,60}`);
    const terms = asks(...patterns).map((policy) => ({
      ...policy,
      terms: { ...policy.terms, stages: [stage('oncall', 60)] },
    }));
    const request = approvalRequest({ policies: terms, reason: 'INC-7' });
    const votes = Array.from({ length: 40 }, (_, index) => approvalVote(request, 'Approve', { username: `u${index}` }));
    const taking = (count: number) => {
      const times = Array.from({ length: 3 }, () => {
        const startedAt = performance.now();
        expect(foldVotes(request, votes.slice(0, count), CREATED_AT + 60_000).votes).toHaveLength(count);
        return performance.now() - startedAt;
      });
      return Math.min(...times);
    };
    expect(taking(40) / taking(1)).toBeLessThan(20);
  });
});
