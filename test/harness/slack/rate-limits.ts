/** docs.slack.dev/apis/web-api/rate-limits: calls a minute of each method, and one message a second to each channel. */
export interface RateLimits {
  /** Counts a call. @returns the seconds of Retry-After where it is over the limit */
  take(method: string, rate: number | 'perChannel', channel: string): number | undefined;
  /** A test that is about something else switches them off. */
  enabled: boolean;
}

const MINUTE_MS = 60_000;
/** A second, less what a network makes of it: Slack tolerates short bursts. */
const CHANNEL_MS = 900;

export function createRateLimits(now: () => number): RateLimits {
  const calls = new Map<string, number[]>();
  const limits: RateLimits = {
    enabled: true,
    take: (method, rate, channel) => {
      if (!limits.enabled) return undefined;
      const key = rate === 'perChannel' ? `${method} ${channel}` : method;
      const [window, most] = rate === 'perChannel' ? [CHANNEL_MS, 1] : [MINUTE_MS, rate];
      const recent = (calls.get(key) ?? []).filter((at) => at > now() - window);
      if (recent.length < most) {
        calls.set(key, [...recent, now()]);
        return undefined;
      }
      calls.set(key, recent);
      return Math.max(1, Math.ceil(((recent[0] ?? now()) + window - now()) / 1_000));
    },
  };
  return limits;
}
