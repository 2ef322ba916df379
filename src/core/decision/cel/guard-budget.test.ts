import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../../test/builders/approval-policy.ts';
import { deployment, updateAttributes } from '../../../../test/builders/attributes.ts';
import { decideIn, verdict } from '../../../../test/builders/decision-world.ts';
import type { ApprovalPolicy, PolicySpec } from '../../api/kinds.ts';
import { EvaluationLimitError } from './evaluation-limit-error.ts';
import { createGuardBudget } from './guard-budget.ts';

describe('a budget', () => {
  test('is for all together: what comes after its end is not begun', () => {
    let now = 0;
    const budget = createGuardBudget(10_000, () => now);
    const taking = (ms: number) => () => {
      now += ms;
      return ms;
    };
    expect([budget.run(taking(6_000)), budget.run(taking(6_000))]).toEqual([6_000, 6_000]);
    let begun = false;
    const late = () => {
      begun = true;
    };
    expect(() => budget.run(late)).toThrow(EvaluationLimitError);
    expect(begun).toBe(false);
  });

  test('is spent by what throws, too', () => {
    let now = 0;
    const budget = createGuardBudget(10_000, () => now);
    const failing = (): never => {
      now += 10_000;
      throw new RangeError('deep');
    };
    expect(() => budget.run(failing)).toThrow(RangeError);
    expect(() => budget.run(() => 1)).toThrow(EvaluationLimitError);
  });

  test('stops the one that would go past its end', () => {
    const budget = createGuardBudget(20);
    const endless = (): void => {
      for (;;) Math.random();
    };
    expect(() => budget.run(endless)).toThrow(/longer than 20 ms/);
  });
});

/** Some seconds for the object below. */
const DEAR = 'object.spec.items.all(a, !object.spec.items.exists(b, a + b == 9000))';
const items = Array.from({ length: 3_000 }, (_, index) => index);
const large = updateAttributes(deployment({ spec: { items, replicas: 2 } }), deployment({ spec: { items } }));

const dear = (mode: NonNullable<PolicySpec['mode']>): ApprovalPolicy[] =>
  Array.from({ length: 40 }, (_, index) => {
    const { match } = approvalPolicy().spec;
    const matchConditions = [{ name: 'dear', expression: DEAR }];
    return approvalPolicy({ mode, match: { ...match, matchConditions } }, `dear-${index}`);
  });

/** The verdict, and whether it took less than 40 times what one condition may. */
function judged(policies: readonly ApprovalPolicy[]): [string, boolean] {
  const startedAt = performance.now();
  const decision = decideIn({ policies }, large);
  return [verdict(decision), performance.now() - startedAt < 2_000];
}

describe('of 40 policies whose conditions a large object makes dear', () => {
  test('a write is denied soon', () => {
    expect(judged(dear('Enforce'))).toEqual(['Deny PolicyNotReady', true]);
  });

  test('on trial none stops what it does not enforce, nor takes the time of those that do', () => {
    expect(judged(dear('Warn'))).toEqual(['NoOpinion WouldDeny', true]);
    const match = approvalPolicy().spec.match;
    const small = [{ name: 'dear', expression: 'object.spec.items.all(a, a < 3000 && a > -1 && a != 4000)' }];
    const enforced = approvalPolicy({ match: { ...match, matchConditions: small } }, 'z');
    expect(judged([...dear('Audit'), enforced])).toEqual(['ApprovalRequired NotAsked', true]);
  });
});
