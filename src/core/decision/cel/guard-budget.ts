import { EvaluationLimitError } from './evaluation-limit-error.ts';
import { GUARDED_MILLISECONDS, REVIEW_MILLISECONDS } from './limits.ts';
import { runGuarded } from './run-guarded.ts';
import { threadMilliseconds } from './thread-time.ts';

/** How long the dear conditions of one review may take together: whoever sends a large object must not hold up the others. */
export interface GuardBudget {
  /** Runs `work` under the guard. Throws EvaluationLimitError at once where the time is used up, or what `work` throws. */
  run<T>(work: () => T): T;
}

/** @param now milliseconds of a clock that only goes forward */
export function createGuardBudget(milliseconds = REVIEW_MILLISECONDS, now = threadMilliseconds): GuardBudget {
  let left = milliseconds;
  return {
    run: (work) => {
      if (left <= 0) throw new EvaluationLimitError('the conditions of all policies together take too long');
      const startedAt = now();
      try {
        return runGuarded(work, Math.ceil(Math.min(GUARDED_MILLISECONDS, left)));
      } finally {
        left -= now() - startedAt;
      }
    },
  };
}
