export type LineKind = 'Added' | 'Removed' | 'Same';

export interface ContentLine {
  readonly kind: LineKind;
  readonly text: string;
}

/**
 * The lines of a command or a diff. In a diff what was and what will be stand one below the other, with `- ` and `+ `
 * before them; the `- ` of a list in YAML has no such neighbour.
 */
export function contentLines(content: { readonly kind: 'Command' | 'Diff'; readonly text: string }): ContentLine[] {
  const lines = content.text.replace(/\n$/, '').split('\n');
  const starts = (index: number, sign: RegExp): boolean => content.kind === 'Diff' && sign.test(lines[index] ?? '');
  return lines.map((text, index) => {
    if (starts(index, REMOVED) && starts(index + 1, ADDED)) return { kind: 'Removed', text };
    return { kind: starts(index, ADDED) && starts(index - 1, REMOVED) ? 'Added' : 'Same', text };
  });
}

const REMOVED = /^ *- /;
const ADDED = /^ *\+ /;
