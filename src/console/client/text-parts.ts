import { HIDDEN, printable } from '../../core/attributes/printable.ts';

/** A run of a text: as it is, or the escape of a character that would not be seen. */
export interface TextPart {
  readonly text: string;
  readonly hidden: boolean;
}

/**
 * A foreign text as the page shows it. An escape is a part of its own, so that it can look unlike the same letters typed:
 * `\u{202e}` that somebody wrote is not the character.
 */
export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const { index, 0: character } of text.matchAll(HIDDEN)) {
    if (index > from) parts.push({ text: text.slice(from, index), hidden: false });
    parts.push({ text: printable(character), hidden: true });
    from = index + character.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), hidden: false });
  return parts;
}
