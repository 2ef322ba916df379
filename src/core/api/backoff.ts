/** Waits that double from `baseMs` to `capMs`. */
export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * The wait after the `failures`-th failure in a row (from 1), in ms: between half of the doubled value and all of it, so
 * that replicas that failed together do not come back together.
 */
export function backoffMs({ baseMs, capMs }: Backoff, failures: number, random: () => number): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (full / 2) * random();
}
