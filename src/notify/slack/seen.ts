import type { Clock } from '../../ports/clock.ts';

export interface Seen {
  /** Whether it is the first time. Forgets what is older than the window, and the oldest where there are too many. */
  first(key: string): boolean;
}

/** Remembers what was dealt with, so that what Slack or anybody sends again is not dealt with again. */
export function createSeen(clock: Pick<Clock, 'now'>, windowMs: number, most: number): Seen {
  // A Map keeps the order of insertion, which is that of time.
  const at = new Map<string, number>();
  return {
    first: (key) => {
      const now = clock.now();
      for (const [old, time] of at) {
        if (time > now - windowMs && at.size <= most) break;
        at.delete(old);
      }
      if (at.has(key)) return false;
      at.set(key, now);
      return true;
    },
  };
}
