import { humanDuration } from '../core/api/human-duration.ts';

/** The AGE column; `<unknown>` as in kubectl where there is no time. */
export function age(timestamp: string | undefined, now: number): string {
  const at = Date.parse(timestamp ?? '');
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now - at);
}

/** `in 14m`, `3m5s ago`; `<unknown>` where there is no time. */
export function relativeTime(timestamp: string | undefined, now: number): string {
  const at = Date.parse(timestamp ?? '');
  if (Number.isNaN(at)) return '<unknown>';
  return at > now ? `in ${humanDuration(at - now)}` : `${humanDuration(now - at)} ago`;
}

/** `10:15:00 UTC (in 15m)`, with the date where it is not today's. UTC: people in two places read the same. */
export function deadlineText(timestamp: string | undefined, now: number): string {
  const at = Date.parse(timestamp ?? '');
  if (Number.isNaN(at)) return '<unknown>';
  const [date, time] = new Date(at).toISOString().split('T') as [string, string];
  const day = date === new Date(now).toISOString().split('T')[0] ? '' : `${date} `;
  return `${day}${time.slice(0, 8)} UTC (${relativeTime(timestamp, now)})`;
}
