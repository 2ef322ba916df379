export interface Rate {
  readonly perSecond: number;
  /** How many at once, after a pause. */
  readonly burst: number;
}

/** Token buckets, one a key. */
export interface RateLimit {
  /** Whether one more is within the rate. */
  take(key: string): boolean;
}

/** Keys that are remembered; the one that was idle longest goes. */
const KEYS = 10_000;

export function createRateLimit({ perSecond, burst }: Rate, now: () => number): RateLimit {
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>();
  return {
    take: (key) => {
      const at = now();
      const before = buckets.get(key) ?? { tokens: burst, at };
      const tokens = Math.min(burst, before.tokens + (Math.max(0, at - before.at) / 1000) * perSecond);
      buckets.delete(key);
      buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at });
      const [idle] = buckets.keys();
      if (buckets.size > KEYS && idle !== undefined) buckets.delete(idle);
      return tokens >= 1;
    },
  };
}
