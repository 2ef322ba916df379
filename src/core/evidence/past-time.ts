const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const SPAN = /^(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;

/**
 * A moment as people say it: `2h`, `1d12h` (before now), `2026-11-20` (its beginning, UTC) or a time of RFC 3339.
 *
 * @param now milliseconds since the Unix epoch
 * @returns RFC 3339; undefined for anything else
 */
export function pastTime(text: string, now: number): string | undefined {
  if (/^\d{4}-/.test(text) && !isDay(text.slice(0, 10))) return undefined;
  if (RFC3339.test(text)) return Number.isNaN(Date.parse(text)) ? undefined : text;
  if (DAY.test(text)) return timeOf(Date.parse(`${text}T00:00:00Z`));
  const [all, days, hours, minutes, seconds] = SPAN.exec(text) ?? [];
  if (all === undefined || all === '') return undefined;
  const span = ((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0);
  return timeOf(now - span * 1_000);
}

function timeOf(ms: number): string | undefined {
  const date = new Date(ms);
  // Before the year 0 it has another form.
  return Number.isNaN(ms) || ms < Date.UTC(1970, 0, 1) ? undefined : date.toISOString();
}

/** Date.parse takes 2026-11-31 for the first of December. */
export function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
