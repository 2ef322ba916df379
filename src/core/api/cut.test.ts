import { expect, test } from 'vitest';
import { cut } from './cut.ts';

test.each([
  ['short enough', 'abc', 5, 'abc'],
  ['cut', 'abcdef', 3, 'abc'],
  ['not through a character', 'ab😀', 3, 'ab'],
  ['after a character', 'ab😀c', 4, 'ab😀'],
  ['broken already', 'a\ud800b', 2, 'a'],
])('%s', (_, text, limit, expected) => {
  expect(cut(text, limit)).toBe(expected);
  expect(cut(text, limit).isWellFormed()).toBe(true);
});
