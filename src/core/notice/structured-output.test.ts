import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { printable } from '../attributes/printable.ts';
import { toJson, toYaml } from './structured-output.ts';

const value = {
  bidi: 'a\u202eb',
  '\u200bkey': 'zero\u200bwidth\nsecond line',
  escape: '\u001b[2J\u009b',
  tag: '\u{e0001}',
  filler: 'a\u3164\u115f\ufe0f\u034f\u{e0100}b',
  script: 'a\n\tb\n',
  plain: 'ä — ok',
};

describe('structured output', () => {
  it('reads back as the same value and shows nothing hidden', () => {
    for (const [text, back] of [
      [toJson(value), JSON.parse(toJson(value)) as unknown],
      [toYaml(value), parse(toYaml(value)) as unknown],
    ] as const) {
      expect(back).toEqual(value);
      expect(printable(text.replaceAll(/[\n\t]/g, ''))).toBe(text.replaceAll(/[\n\t]/g, ''));
    }
  });

  it('is read by YAML 1.1, as kubectl reads it, as the same value', () => {
    const command = ['yes', 'off', 'n', '010', '1_0', '0x1f', '1:30', '2026-11-22T01:03:13Z', '~', ''];
    expect(parse(toYaml({ command }), { version: '1.1' })).toEqual({ command });
  });

  it('keeps a text of several lines readable in YAML', () => {
    expect(toYaml({ script: 'a\n\tb\n' })).toBe('script: |\n  a\n  \tb\n');
    expect(toYaml({ name: 'al\u200bice' })).toBe('name: "al\\U0000200bice"\n');
  });
});
