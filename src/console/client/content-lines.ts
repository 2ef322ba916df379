export type LineKind = 'Added' | 'Removed' | 'Same';

export interface ContentLine {
  readonly kind: LineKind;
  readonly text: string;
}

/** The lines of a command or a diff. In a diff the first character says what becomes of a line. */
export function contentLines(content: { readonly kind: 'Command' | 'Diff'; readonly text: string }): ContentLine[] {
  return content.text
    .replace(/\n$/, '')
    .split('\n')
    .map((text) => ({ kind: content.kind === 'Diff' ? kindOf(text) : 'Same', text }));
}

function kindOf(line: string): LineKind {
  if (line.startsWith('+')) return 'Added';
  return line.startsWith('-') ? 'Removed' : 'Same';
}
