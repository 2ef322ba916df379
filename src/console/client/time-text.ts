const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `40s`, `4m 12s`, `2h 5m`, `3d 4h`: two units at most, the smaller left out where it is nothing. */
export function spanText(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))}s`;
  if (ms < HOUR) return pair(ms, MINUTE, 'm', SECOND, 's');
  if (ms < DAY) return pair(ms, HOUR, 'h', MINUTE, 'm');
  return pair(ms, DAY, 'd', HOUR, 'h');
}

/** `3m ago`, `in 4m 12s`, `now`; undefined where the timestamp is none. What is over is told in its largest unit. */
export function relativeText(timestamp: string, now: number): string | undefined {
  const at = Date.parse(timestamp);
  if (Number.isNaN(at)) return undefined;
  if (at > now) return `in ${spanText(at - now)}`;
  const past = now - at;
  return past < 5 * SECOND ? 'now' : `${spanText(past).split(' ')[0]} ago`;
}

function pair(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)}${largeUnit}${rest === 0 ? '' : ` ${rest}${smallUnit}`}`;
}
