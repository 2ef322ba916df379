import type { ApprovalRequest } from '../core/api/kinds.ts';
import { stateOf } from '../core/approval/approval-state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Watched } from '../ports/watched.ts';

/** Tells a held command when its request is decided. */
export interface RequestSignals {
  /**
   * Resolves once the request is no longer Pending, or has gone, or `ms` have passed; rejects with the reason of `signal`.
   *
   * @param key `namespace/name`
   */
  settled(key: string, ms: number, signal: AbortSignal): Promise<void>;
}

export function createRequestSignals(requests: Watched<ApprovalRequest>, clock: Clock): RequestSignals {
  const waiting = new Map<string, Set<() => void>>();
  requests.onChange((key, request) => {
    if (request !== undefined && stateOf(request) === 'Pending') return;
    for (const wake of waiting.get(key) ?? []) wake();
  });
  return {
    settled: async (key, ms, signal) => {
      const known = requests.get(key);
      if (known !== undefined && stateOf(known) !== 'Pending') return;
      const done = new AbortController();
      const decided = Promise.withResolvers<void>();
      const wakers = waiting.get(key) ?? new Set();
      waiting.set(key, wakers.add(decided.resolve));
      try {
        await Promise.race([decided.promise, clock.sleep(ms, AbortSignal.any([signal, done.signal]))]);
      } finally {
        wakers.delete(decided.resolve);
        if (wakers.size === 0) waiting.delete(key);
        done.abort();
      }
    },
  };
}
