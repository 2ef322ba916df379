import { isDay } from '../core/evidence/past-time.ts';

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
  w: 7 * 24 * 3_600_000,
};

const SPAN = /^(?:\d{1,6}[smhdw])+$/;
/** RFC 3339, or its date alone. Date.parse takes much more, and reads it in local time. */
const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds of `30d` before now, of `1d12h`, or of a time; undefined for anything else. */
export function parseMoment(text: string, now: number): number | undefined {
  if (SPAN.test(text))
    return [...text.matchAll(/(\d+)([smhdw])/g)].reduce(
      (at, [, digits, unit]) => at - Number(digits) * (UNITS[unit ?? ''] ?? 0),
      now,
    );
  const at = TIME.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
