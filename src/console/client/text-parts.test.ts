import { expect, test } from 'vitest';
import { textParts } from './text-parts.ts';

const CASES: Readonly<Record<string, [text: string, shown: string]>> = {
  'plain text is one part': ['kubectl get pods', 'kubectl get pods'],
  'nothing is no part': ['', ''],
  'an override of direction is an escape': ['a\u202eb', 'a[\\u{202e}]b'],
  'a zero-width space is an escape': ['ls\u200b', 'ls[\\u{200b}]'],
  'an escape sequence of terminals loses its beginning': ['\u001b[31m', '[\\u{1b}][31m'],
  'a line end inside a line is an escape': ['a\nb', 'a[\\u{a}]b'],
  'a character outside the first plane is one escape': ['\u{e0041}x', '[\\u{e0041}]x'],
  'an escape that was made before stands out too': ['a\\u{202e}b', 'a[\\u{202e}]b'],
  'what only begins like an escape is plain text': ['\\u{zz} \\u{', '\\u{zz} \\u{'],
  'markup is text': ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
};

test.each(Object.entries(CASES))('%s', (_, [text, shown]) => {
  const parts = textParts(text);
  expect(parts.map((part) => (part.hidden ? `[${part.text}]` : part.text)).join('')).toBe(shown);
});
