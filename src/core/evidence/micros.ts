/** RFC 3339 §5.6 with the fraction of a second in a group of its own. */
const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

const MICROS_DIGITS = 6;
const MICROS_A_SECOND = 10 ** MICROS_DIGITS;
const MILLIS_A_SECOND = 1_000;

/**
 * Microseconds since the Unix epoch, which is as fine as the API server's times are and below 2^53 until the year 2255;
 * what is finer is cut off.
 *
 * @returns undefined for what is no time of RFC 3339
 */
export function microsOf(time: string): number | undefined {
  const [, seconds, fraction = '', zone] = TIME.exec(time) ?? [];
  if (seconds === undefined || zone === undefined) return undefined;
  const ms = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(ms)) return undefined;
  const micros =
    (ms / MILLIS_A_SECOND) * MICROS_A_SECOND + Number(fraction.slice(0, MICROS_DIGITS).padEnd(MICROS_DIGITS, '0'));
  return Number.isSafeInteger(micros) ? micros : undefined;
}
