/** A place in an expression, both counted from 1, as editors and kubectl show them. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** The position of a UTF-16 offset. Offsets outside the text are clamped to it. */
export function sourcePosition(text: string, offset: number): SourcePosition {
  const before = text.slice(0, Math.max(0, offset));
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: before.length - lineStart + 1 };
}
