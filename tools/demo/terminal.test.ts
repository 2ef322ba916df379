import { describe, expect, test } from 'vitest';
import { createTerminal, fold } from './terminal.ts';

describe('the terminal of the demo', () => {
  test.each<[string, string, string[]]>([
    ['a line that fits', 'one two', ['one two']],
    ['a long line, between words and indented', 'one two three four', ['one two', '  three', '  four']],
    ['an indented line', '  one two three', ['  one two', '  three']],
    ['a word that is too long', 'sha256:0123456789', ['sha256:0123456789']],
    ['a command to copy', '  kubectl one two', ['  kubectl one two']],
    ['a row of a table', 'NAME   REQUESTER   STATE', ['NAME   REQUESTER   STATE']],
  ])('folds %s', (_, line, lines) => {
    expect(fold(line, 9)).toEqual(lines);
  });

  test('has colours only where they are wanted', () => {
    const written = (colours: boolean): string => {
      let text = '';
      createTerminal({ write: (part) => (text += part), colours, columns: 80 }).prompt('alice', ['sh', '-c', 'a b']);
      return text;
    };
    expect(written(false)).toBe("alice$ sh -c 'a b'\n");
    expect(written(true)).toContain('\u001B[36malice$\u001B[0m');
  });
});
