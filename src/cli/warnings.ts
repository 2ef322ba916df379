/** One warning a line, so that it stands out without colour. */
export function warningLines(warnings: readonly string[]): string {
  return warnings.map((warning) => `!!! ${warning}\n`).join('');
}
