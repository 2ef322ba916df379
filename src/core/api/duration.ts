const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const FORM = /^(?:\d{1,6}h)?(?:\d{1,6}m)?(?:\d{1,6}s)?$/;

/** The longest time that a policy may name: nobody keeps a request in mind for longer. */
export const LONGEST_SECONDS = 30 * 24 * 3600;

/** Seconds of a duration such as `90s`, `10m` or `1h30m` (the whole-second part of Go's), or undefined. */
export function durationSeconds(text: string): number | undefined {
  if (text === '' || !FORM.test(text)) return undefined;
  const seconds = [...text.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, digits, unit]) => sum + Number(digits) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
  return seconds <= LONGEST_SECONDS ? seconds : undefined;
}
