import { Document, visit } from 'yaml';
import { HIDDEN } from '../attributes/printable.ts';

/** JSON in which no character hides or moves others: they stand as \u escapes, which mean the same. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 4);
  return `${escapeHidden(text, jsonEscape)}\n`;
}

/** YAML in which no character hides or moves others. Reads back as the same value, also where kubectl reads it, by YAML 1.1. */
export function toYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  visit(document, {
    Scalar(_, node) {
      // Only a double-quoted scalar has escapes (YAML 1.2 §5.7). A text of several lines stays a block.
      if (typeof node.value === 'string' && escapeHidden(node.value, yamlEscape) !== node.value)
        node.type = 'QUOTE_DOUBLE';
    },
  });
  return escapeHidden(document.toString({ lineWidth: 0 }), yamlEscape);
}

/** But for line ends and tabs, which a script in a ConfigMap needs. */
function escapeHidden(text: string, escape: (character: string) => string): string {
  return text.replaceAll(HIDDEN, (character) =>
    character === '\n' || character === '\t' ? character : escape(character),
  );
}

function jsonEscape(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}

function yamlEscape(character: string): string {
  return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;
}
