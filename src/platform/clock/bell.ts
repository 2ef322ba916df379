import type { Clock } from '../../ports/clock.ts';

/** Wakes the one who waits for something to do. */
export interface Bell {
  readonly ring: () => void;
  /** Resolves when it rings, after `ms` milliseconds, or at the signal; at once where it rang since the last wait. */
  readonly wait: (clock: Clock, ms: number, signal: AbortSignal) => Promise<void>;
}

export function createBell(): Bell {
  let rung = false;
  let wake: () => void = () => undefined;
  return {
    ring: () => {
      rung = true;
      wake();
    },
    wait: async (clock, ms, signal) => {
      if (!rung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const callOff = clock.after(Math.max(0, ms), resolve);
        const aborted = (): void => resolve();
        wake = resolve;
        signal.addEventListener('abort', aborted, { once: true });
        await promise;
        signal.removeEventListener('abort', aborted);
        callOff();
        wake = () => undefined;
      }
      rung = false;
    },
  };
}
