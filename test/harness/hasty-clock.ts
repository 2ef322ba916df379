import type { Clock } from '../../src/ports/clock.ts';

/**
 * Real time, only faster: for what takes minutes and does real input and output meanwhile, which a virtual clock does not
 * wait for.
 */
export function hastyClock(times: number): Clock {
  const began = Date.now();
  return {
    now: () => began + Math.floor((performance.timeOrigin + performance.now() - began) * times),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const timer = setTimeout(resolve, ms / times);
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      }),
    after: (ms, run) => {
      const timer = setTimeout(run, ms / times);
      return () => clearTimeout(timer);
    },
  };
}
