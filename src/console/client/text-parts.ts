import { HIDDEN, printable } from '../../core/attributes/printable.ts';

/** A run of a text: as it is, or the escape of a character that would not be seen. */
export interface TextPart {
  readonly text: string;
  readonly hidden: boolean;
}

/** Hidden characters, and what reads like the escape of one: most texts come with their escapes made already. */
const HIDDEN_OR_ESCAPED = new RegExp(String.raw`\\u\{[0-9a-f]{1,6}\}|${HIDDEN.source}`, HIDDEN.flags);

/** A foreign text as the page shows it. An escape is a part of its own, so that it can be made to stand out. */
export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const { index, 0: character } of text.matchAll(HIDDEN_OR_ESCAPED)) {
    if (index > from) parts.push({ text: text.slice(from, index), hidden: false });
    parts.push({ text: printable(character), hidden: true });
    from = index + character.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), hidden: false });
  return parts;
}
