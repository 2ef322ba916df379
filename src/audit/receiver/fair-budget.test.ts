import { describe, expect, test } from 'vitest';
import { createFairBudget } from './fair-budget.ts';

/** Takes one byte at a time, in turns, until nobody gets another. */
function fill(budget: ReturnType<typeof createFairBudget>, sources: readonly string[]): number[] {
  const shares = sources.map((source) => budget.open(source));
  const taken = sources.map(() => 0);
  for (let any = true; any; ) {
    any = false;
    for (const [index, share] of shares.entries()) {
      if (!share.take(1)) continue;
      taken[index] = (taken[index] ?? 0) + 1;
      any = true;
    }
  }
  return taken;
}

describe('a budget shared among sources', () => {
  test.each<[string, readonly string[], readonly number[]]>([
    ['one alone gets half', ['a'], [60]],
    ['two get a third each', ['a', 'b'], [40, 40]],
    ['five get a sixth each', ['a', 'b', 'c', 'd', 'e'], [20, 20, 20, 20, 20]],
    ['two connections of one source get little more than the one of another', ['a', 'a', 'b'], [24, 24, 36]],
  ])('%s', (_, sources, expected) => {
    expect(fill(createFairBudget(120), sources)).toEqual(expected);
  });

  test('whoever comes while another holds all that it may still gets something', () => {
    const budget = createFairBudget(120);
    fill(budget, ['flood']);
    expect(budget.open('quiet').take(30)).toBe(true);
    expect(budget.open('flood').take(1)).toBe(false);
  });

  test('what is given back, once, is free again', () => {
    const budget = createFairBudget(120);
    const share = budget.open('a');
    const other = budget.open('a');
    expect([share.take(50), other.take(10), other.take(1)]).toEqual([true, true, false]);
    share.release();
    share.release();
    expect(budget.held()).toBe(10);
    expect(other.take(50)).toBe(true);
    other.release();
    expect(budget.held()).toBe(0);
    expect(fill(budget, ['a'])).toEqual([60]);
  });
});
