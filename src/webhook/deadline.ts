/** R43: what is left for the answer to travel, and for the API server to act on it. */
const MARGIN_MS = 3_000;
/** The API server appends its timeout to the URL; a caller that does not gets Kubernetes' default. */
const DEFAULT_TIMEOUT_MS = 10_000;
const LONGEST_MS = 30_000;

/**
 * The moment after which nothing is used, in milliseconds since the epoch.
 *
 * @param url of the call, such as `/gate/connect?timeout=30s`
 */
export function deadlineOf(url: string, now: number): number {
  // By hand: the API server writes it plainly, and an URL object costs more than all else before the body.
  const seconds = /[?&]timeout=(\d{1,2})s(?:[&#]|$)/.exec(url)?.[1];
  const timeout = seconds === undefined ? DEFAULT_TIMEOUT_MS : Math.min(Number(seconds) * 1000, LONGEST_MS);
  return now + Math.max(timeout - MARGIN_MS, 0);
}
