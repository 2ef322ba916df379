import { describe, expect, test } from 'vitest';
import { closingLine, sum, type Tally, tallyOf } from './tally.ts';

const report = (counts: object): string =>
  JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, ...counts });

interface Case {
  readonly report: string | undefined;
  readonly code: number;
  readonly expected: Tally;
}

const CASES: Readonly<Record<string, Case>> = {
  'all passed': { report: report({ numPassedTests: 3 }), code: 0, expected: { passed: 3, failed: 0, skipped: 0 } },
  'skipped and to do are both skipped': {
    report: report({ numPassedTests: 1, numPendingTests: 2, numTodoTests: 3 }),
    code: 0,
    expected: { passed: 1, failed: 0, skipped: 5 },
  },
  'failed tests are counted as they are': {
    report: report({ numPassedTests: 1, numFailedTests: 2 }),
    code: 1,
    expected: { passed: 1, failed: 2, skipped: 0 },
  },
  'a file that does not load fails, although no test of it did': {
    report: report({ numPassedTests: 4 }),
    code: 1,
    expected: { passed: 4, failed: 1, skipped: 0 },
  },
  'a run of nothing fails': { report: report({}), code: 0, expected: { passed: 0, failed: 1, skipped: 0 } },
  'a crash without a report fails': { report: undefined, code: 134, expected: { passed: 0, failed: 1, skipped: 0 } },
  'no report fails even when the code says otherwise': {
    report: undefined,
    code: 0,
    expected: { passed: 0, failed: 1, skipped: 0 },
  },
  'half a report fails': { report: '{"numPassed', code: 0, expected: { passed: 0, failed: 1, skipped: 0 } },
  'another report fails': { report: 'null', code: 0, expected: { passed: 0, failed: 1, skipped: 0 } },
};

describe('the tally of a run', () => {
  test.each(Object.entries(CASES))('%s', (_, { report: text, code, expected }) => {
    expect(tallyOf(text, code)).toEqual(expected);
  });

  test('the closing line sums up all runs', () => {
    const one = { passed: 1, failed: 2, skipped: 3 };
    expect(closingLine(sum([one, one]))).toBe('2 passed, 4 failed, 6 skipped');
    expect(closingLine(sum([]))).toBe('0 passed, 0 failed, 0 skipped');
  });
});
