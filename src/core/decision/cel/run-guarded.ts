import { runInThisContext } from 'node:vm';
import { EvaluationLimitError } from './evaluation-limit-error.ts';
import { threadMilliseconds } from './thread-time.ts';

const TIMEOUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** The name under which the script finds its work, for the length of the call. A symbol, so that nothing else does. */
const WORK = 'sallyport.guarded-work';

/** A machine that gave us no time at all is asked this often, and a caller waits for so many times the limit at most. */
const ATTEMPTS = 4;

/**
 * Runs `work` and stops it after so many milliseconds of CPU. V8 can only stop by the wall clock, which on a busy machine
 * runs ahead of the work: what was stopped before it had its CPU time is begun again with what is left, so it must have
 * no effects. The guard is V8's own interrupt: no try/catch inside the engine can swallow that. Costs some 0.1 ms; a context
 * of its own would cost 1 ms. Throws EvaluationLimitError, or what `work` throws. Calls do not nest.
 *
 * A guard by time is the last resort of a pure room: an estimate must have found the work dear, and the result of
 * a stop is an error (a denial), never a verdict.
 */
export function runGuarded<T>(work: () => T, milliseconds: number): T {
  const started = threadMilliseconds();
  for (let attempt = 1; ; attempt += 1) {
    const left = milliseconds - (threadMilliseconds() - started);
    try {
      return runOnce(work, Math.max(1, Math.ceil(left)));
    } catch (cause) {
      if (!isTimeout(cause)) throw cause;
      if (attempt < ATTEMPTS && threadMilliseconds() - started < milliseconds) continue;
      throw new EvaluationLimitError(`the condition takes longer than ${milliseconds} ms`, { cause });
    }
  }
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === TIMEOUT;
}

function runOnce<T>(work: () => T, milliseconds: number): T {
  const key = Symbol.for(WORK);
  Object.defineProperty(globalThis, key, { value: work, configurable: true });
  try {
    return runInThisContext(`globalThis[Symbol.for('${WORK}')]()`, { timeout: milliseconds }) as T;
  } finally {
    Reflect.deleteProperty(globalThis, key);
  }
}
