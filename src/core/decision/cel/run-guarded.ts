import { createContext, runInContext } from 'node:vm';
import { EvaluationLimitError } from './evaluation-limit-error.ts';

const TIMEOUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/**
 * Runs `work` and stops it after so many milliseconds, by V8's own interrupt: no try/catch inside the engine can
 * swallow that. Costs about 1 ms. Throws EvaluationLimitError, or what `work` throws.
 *
 * A guard by time is the last resort of a pure room: an estimate must have found the work dear, and the result of
 * a stop is an error (a denial), never a verdict.
 */
export function runGuarded<T>(work: () => T, milliseconds: number): T {
  const result: { value?: T } = {};
  const context = createContext({
    run: () => {
      result.value = work();
    },
  });
  try {
    runInContext('run()', context, { timeout: milliseconds });
  } catch (cause) {
    // The interrupt's error belongs to the other realm: it is no instance of our Error.
    if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === TIMEOUT)
      throw new EvaluationLimitError(`the condition takes longer than ${milliseconds} ms`, { cause });
    throw cause;
  }
  return result.value as T;
}
