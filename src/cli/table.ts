/** Columns as kubectl prints them: padded to the widest cell, three spaces apart, nothing after the last. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => length(line[column] ?? ''))));
  return lines
    .map((line) =>
      line
        .map((cell, column) => `${cell}${' '.repeat((widths[column] ?? 0) - length(cell))}`)
        .join('   ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** In code points: an emoji in a reason must not shift the columns by a surrogate. */
function length(text: string): number {
  return Array.from(text).length;
}
