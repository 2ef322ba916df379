import { createHash } from 'node:crypto';

/** One record in the spool: `<check> <milliseconds> <JSON>`, and a newline. */
export interface SpoolLine {
  /** When it was put there, in milliseconds since the epoch. */
  readonly at: number;
  readonly json: string;
}

/** Of SHA-256, in hexadecimal digits: against a torn or damaged line, not against a forger, who could write the disk anyway. */
const CHECK_LENGTH = 16;

export function encodeSpoolLine({ at, json }: SpoolLine): string {
  const text = `${at} ${json}`;
  return `${checkOf(text)} ${text}\n`;
}

/**
 * @param line without its newline
 * @returns undefined for a line that is torn, or not as it was written
 */
export function decodeSpoolLine(line: string): SpoolLine | undefined {
  const text = line.slice(CHECK_LENGTH + 1);
  if (line[CHECK_LENGTH] !== ' ' || checkOf(text) !== line.slice(0, CHECK_LENGTH)) return undefined;
  const space = text.indexOf(' ');
  return { at: Number(text.slice(0, space)), json: text.slice(space + 1) };
}

function checkOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, CHECK_LENGTH);
}
