/** Adds colour to a cell that is padded already, so that escapes count in no width. */
export type PaintCell = (cell: string, row: number, column: number) => string;

export interface TableStyle {
  readonly paint?: PaintCell;
  /** Rows that go on a table that was printed before: as wide as those. */
  readonly continues?: readonly (readonly string[])[];
}

/** Columns as kubectl prints them: padded to the widest cell, three spaces apart, nothing after the last. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { paint = (cell) => cell, continues }: TableStyle = {},
): string {
  const all = [header, ...(continues ?? []), ...rows];
  const lines = continues === undefined ? [header, ...rows] : rows;
  const first = continues === undefined ? -1 : 0;
  const widths = header.map((_, column) => Math.max(...all.map((line) => length(line[column] ?? ''))));
  return lines
    .map((line, index) =>
      line
        .map((cell, column) => {
          const gap = ' '.repeat((widths[column] ?? 0) - length(cell));
          return `${index + first < 0 ? cell : paint(cell, index + first, column)}${gap}`;
        })
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
