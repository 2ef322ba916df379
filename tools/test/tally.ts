/** How many tests came out how. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 };
export const ONE_PASSED: Tally = { passed: 1, failed: 0, skipped: 0 };
export const ONE_FAILED: Tally = { passed: 0, failed: 1, skipped: 0 };

/**
 * The tally of one run of vitest.
 *
 * @param report what its JSON reporter wrote; undefined where it wrote nothing
 * @param code the exit code. A run that failed without a failed test (a file that does not load, a crash, an unhandled
 * rejection, a set-up that broke) counts as one failed test: what did not run has not passed.
 */
export function tallyOf(report: string | undefined, code: number): Tally {
  const counted = report === undefined ? undefined : countsOf(report);
  if (counted === undefined) return ONE_FAILED;
  // A run in which nothing happened proves nothing.
  const empty = counted.passed + counted.failed + counted.skipped === 0;
  if ((code !== 0 || empty) && counted.failed === 0) return { ...counted, failed: 1 };
  return counted;
}

function countsOf(report: string): Tally | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(report);
  } catch {
    return undefined;
  }
  const counts = parsed as Readonly<Record<string, unknown>> | null;
  const count = (name: string): number => {
    const value = counts?.[name];
    return typeof value === 'number' ? value : Number.NaN;
  };
  const tally = {
    passed: count('numPassedTests'),
    failed: count('numFailedTests'),
    skipped: count('numPendingTests') + count('numTodoTests'),
  };
  return Object.values(tally).some(Number.isNaN) ? undefined : tally;
}

export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (total, each) => ({
      passed: total.passed + each.passed,
      failed: total.failed + each.failed,
      skipped: total.skipped + each.skipped,
    }),
    NOTHING,
  );
}

/** The closing line of `make test`. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
