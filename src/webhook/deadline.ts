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
  const text = new URL(url, 'https://webhook').searchParams.get('timeout') ?? '';
  const seconds = /^(\d{1,2})s$/.exec(text)?.[1];
  const timeout = seconds === undefined ? DEFAULT_TIMEOUT_MS : Math.min(Number(seconds) * 1000, LONGEST_MS);
  return now + Math.max(timeout - MARGIN_MS, 0);
}
