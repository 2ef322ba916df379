import { array, assert, constantFrom, jsonValue, oneof, pre, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStrictJson } from './strict-json.ts';

const DUPLICATE = 'a key stands twice in one object';
const BEYOND_INTEGER = 'an integer is beyond 2^53';
const BEYOND_DOUBLE = 'a number is beyond what a double holds';
const HALF_A_PAIR = 'a string holds half a surrogate pair';
const TOO_DEEP = 'nested deeper than 256 levels';
const TOO_MANY = 'more than 500000 values';

describe('strict JSON refuses', () => {
  const refused: Record<string, readonly [string, string]> = {
    'a key that stands twice': ['{"a":1,"a":2}', DUPLICATE],
    'a key that stands twice below a list': ['{"x":[{"b":1,"c":{},"b":1}]}', DUPLICATE],
    'a key that stands twice after a nested object that has it too': ['{"a":{"a":1},"a":2}', DUPLICATE],
    'a key that stands twice, once as an escape': [String.raw`{"a":1,"\u0061":2}`, DUPLICATE],
    'a key that stands twice with a quote in it': [String.raw`{"a\"b":1,"a\u0022b":2}`, DUPLICATE],
    'a key that stands twice with a slash that need not be escaped': [String.raw`{"a/b":1,"a\/b":2}`, DUPLICATE],
    'a key that stands twice with space before the colon': ['{"a" :1,"a"\n\t\r :2}', DUPLICATE],
    'the empty key twice': ['{"":1,"":2}', DUPLICATE],
    '__proto__ twice': ['{"__proto__":1,"__proto__":2}', DUPLICATE],
    'the first integer that a double cannot tell apart': ['{"a":9007199254740993}', BEYOND_INTEGER],
    'the same below zero': ['[-9007199254740993]', BEYOND_INTEGER],
    '2^53 itself': ['9007199254740992', BEYOND_INTEGER],
    'a number that is infinite': ['{"a":1e999}', BEYOND_DOUBLE],
    'the same below zero with a fraction': ['[-1.5E+400]', BEYOND_DOUBLE],
    'half a pair at the end of a string': [String.raw`"\ud800"`, HALF_A_PAIR],
    'the other half alone': [String.raw`["\uDFFF"]`, HALF_A_PAIR],
    'half a pair in a key': [String.raw`{"a\uD83D":1}`, HALF_A_PAIR],
    'halves in the wrong order': [String.raw`"\ude00\ud83d"`, HALF_A_PAIR],
    'half a pair behind an escaped backslash': [String.raw`"\\\ud800"`, HALF_A_PAIR],
    'a list that is too deep': [`${'['.repeat(257)}${']'.repeat(257)}`, TOO_DEEP],
    'objects that are too deep': [`${'{"a":'.repeat(257)}1${'}'.repeat(257)}`, TOO_DEEP],
    'a million brackets that never close': ['['.repeat(1_000_000), TOO_DEEP],
    'too many numbers': [`[${'0,'.repeat(500_000)}0]`, TOO_MANY],
    'too many strings': [`[${'"",'.repeat(500_000)}""]`, TOO_MANY],
    'too many empty objects': [`[${'{},'.repeat(500_000)}{}]`, TOO_MANY],
    nothing: ['', 'not JSON'],
    'half a string': ['"abc', 'not JSON'],
    'a string whose end is escaped': [String.raw`"abc\"`, 'not JSON'],
    'a key with an escape that is none': [String.raw`{"\x":1}`, 'not JSON'],
    NaN: ['[NaN]', 'not JSON'],
    'a comma at the end': ['{"a":1,}', 'not JSON'],
    'a comment': ['{} // x', 'not JSON'],
    'a byte order mark': ['\ufeff{}', 'not JSON'],
    'a second document': ['{}{}', 'not JSON'],
    'more closing brackets than opening ones': ['{}]]}}', 'not JSON'],
    'a line break in a string': ['"a\nb"', 'not JSON'],
  };
  test.each(Object.entries(refused))('%s', (_sentence, [text, problem]) => {
    expect(parseStrictJson(text)).toEqual({ ok: false, problem });
  });
});

describe('strict JSON reads', () => {
  const read: Record<string, string> = {
    'one key in two objects side by side': '[{"a":1},{"a":1}]',
    'one key in an object and in its child': '{"a":{"a":{"a":1}}}',
    'strings in a list that are the same': '{"a":["x","x"]}',
    'a value that is a key too': '{"a":"a","b":"a"}',
    'a string that looks like two keys': String.raw`{"a":"{\"b\":1,\"b\":2}"}`,
    'keys that differ in case': '{"a":1,"A":2}',
    'the greatest safe integers': '[9007199254740991,-9007199254740991]',
    'a fraction with many digits': '0.12345678901234567890',
    'an exponent': '[1e20,1E-400,-0]',
    'a whole pair as escapes': String.raw`"\ud83d\ude00"`,
    'an escaped backslash before ud800': String.raw`"\\ud800"`,
    'an escaped quote and backslash before ud800': String.raw`"\"\\ud800 \u00e9"`,
    'a number as a string, however long': '"9007199254740993999"',
    'exactly the depth that is allowed': `${'['.repeat(256)}${']'.repeat(256)}`,
    'exactly as many values as are allowed': `[${'0,'.repeat(499_998)}0]`,
  };
  test.each(Object.entries(read))('%s', (_sentence, text) => {
    expect(parseStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  test('__proto__ as an ordinary key, which changes no prototype', () => {
    const parsed = parseStrictJson('{"__proto__":{"polluted":true},"constructor":1}');
    const value = (parsed as { value: object }).value;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });

  test('whatever JSON.stringify writes, as JSON.parse does, or refuses a number that is too great', () => {
    assert(
      property(jsonValue({ maxDepth: 6 }), constantFrom(0, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const parsed = parseStrictJson(text);
        if (parsed.ok) expect(parsed.value).toStrictEqual(JSON.parse(text));
        else expect(parsed.problem).toBe(BEYOND_INTEGER);
      }),
      { numRuns: 500 },
    );
  });

  test('no doubled key, wherever it is put', () => {
    assert(
      property(jsonValue(), string(), jsonValue(), (inner, key, outer) => {
        const object = `{${JSON.stringify(key)}:${JSON.stringify(inner)},"-":0,${escaped(key)}:1}`;
        const text = `[${JSON.stringify(outer)},{"x":${object}}]`;
        pre(!/\d{16}/.test(text));
        expect(parseStrictJson(text)).toEqual({ ok: false, problem: DUPLICATE });
      }),
    );
  });

  test('anything at all without throwing, and only what JSON.parse reads too', () => {
    const pieces = constantFrom(
      ...Array.from('{}[],:"\\-0 \ud800\u0000'),
      ...String.raw`\u d800 1e999 true null "a" "a": __proto__ 99999999999999999999`.split(' '),
    );
    const text = oneof(
      string({ unit: 'binary' }),
      array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    assert(
      property(text, (input) => {
        const parsed = parseStrictJson(input);
        expect(parsed.ok ? parsed.value : undefined).toStrictEqual(parsed.ok ? JSON.parse(input) : undefined);
      }),
      { numRuns: 500 },
    );
  });
});

describe('strict JSON takes time in proportion to the text', () => {
  const MEBIBYTE = 1024 * 1024;
  const texts: Record<string, (length: number) => string> = {
    'a string of escaped backslashes': (n) => `"${'\\\\'.repeat(n / 2)}"`,
    'a string of escaped quotes': (n) => `"${'\\"'.repeat(n / 2)}"`,
    'a key of backslashes that never ends': (n) => `{"${'\\'.repeat(n)}`,
    'many strings of backslashes': (n) => `[${`"${'\\\\'.repeat(500)}",`.repeat(n / 1003)}0]`,
    'quotes only': (n) => '"'.repeat(n),
    'spaces between a string and what follows': (n) => `{"a"${' '.repeat(n)}:1}`,
    'one number': (n) => `${'1'.repeat(n)}.0`,
    'many keys of one object': (n) => `{${Array.from({ length: n / 20 }, (_, i) => `"k${i}":${i}`).join(',')}}`,
    'many escapes of a surrogate': (n) => `"${String.raw`\ud83d\ude00`.repeat(n / 12)}"`,
  };
  test.each(Object.entries(texts))('%s', (_sentence, text) => {
    parseStrictJson(text(1000));
    const startedAt = performance.now();
    parseStrictJson(text(3 * MEBIBYTE));
    // 10¹² steps for 3 MiB would take minutes; one pass takes tens of milliseconds, even on a busy machine below this.
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});

/** Every UTF-16 unit as an escape. */
function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}
