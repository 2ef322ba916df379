import type { Clock } from '../../src/ports/clock.ts';

export interface Wait {
  /** Ends the sentence "waited … for". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Throws when waiting has become pointless, for example because the process that was waited for has died. */
  readonly check?: () => Promise<void>;
}

const INTERVAL_MS = 100;

/** What was waited for did not happen in time. */
export class WaitTimeoutError extends Error {
  readonly code = 'WAIT_TIMEOUT';
  override readonly name = 'WaitTimeoutError';
}

/** Asks `probe` until it says true. A probe that throws counts as "not yet"; its error becomes the cause. */
export async function waitUntil(wait: Wait, probe: () => Promise<boolean>): Promise<void> {
  const deadline = wait.clock.now() + wait.timeoutMs;
  let last: unknown;
  for (;;) {
    await wait.check?.();
    try {
      if (await probe()) return;
    } catch (error) {
      last = error;
    }
    if (wait.clock.now() >= deadline) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new WaitTimeoutError(`waited ${wait.timeoutMs / 1000} s for ${wait.what}${why}`, { cause: last });
    }
    await wait.clock.sleep(INTERVAL_MS);
  }
}
