import { type Paint, PLAIN } from './paint.ts';

/** One warning a line, so that it stands out without colour. */
export function warningLines(warnings: readonly string[], paint: Paint = PLAIN): string {
  return warnings.map((warning) => `${paint('bad', `!!! ${warning}`)}\n`).join('');
}
