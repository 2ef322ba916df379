import type { DayCounts } from './report.ts';
import type { Shares } from './shares.ts';

/** The first and the last moment that was looked at, in milliseconds. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

const DAY_MS = 24 * 3_600_000;
/** A chart of more says nothing, and a timestamp of the year 1970 must not draw twenty thousand of them. */
const DAYS_LIMIT = 400;

/** The days of a span one by one, those on which nothing was counted too. Longer spans: the last ones. */
export function everyDay(counted: Shares, span: Span | undefined): readonly DayCounts[] {
  if (span === undefined) return [];
  const known = new Map(counted.top(Number.POSITIVE_INFINITY).map(({ name, ...counts }) => [name, counts]));
  const last = Math.floor(span.until / DAY_MS);
  const first = Math.max(Math.floor(span.from / DAY_MS), last - DAYS_LIMIT + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const day = new Date((first + index) * DAY_MS).toISOString().slice(0, 10);
    return { day, ...(known.get(day) ?? { held: 0, refused: 0, unknown: 0 }) };
  });
}
