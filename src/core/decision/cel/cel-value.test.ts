import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toCelValue } from './cel-value.ts';
import { celVariables } from './cel-variables.ts';
import { compileCondition } from './compile-condition.ts';

test.each<[string, unknown, unknown]>([
  ['an integer is an int', 3, 3n],
  ['a negative integer is an int', -3, -3n],
  ['a fraction is a double', 0.5, 0.5],
  ['a number past int64 stays a double', 2 ** 63, 2 ** 63],
  ['null stays null', null, null],
  [
    'an object is a Map, in its order',
    { b: 1, a: [true] },
    new Map<string, unknown>([
      ['b', 1n],
      ['a', [true]],
    ]),
  ],
  ['a key without a value is an absent key', { a: undefined }, new Map()],
  [
    '__proto__ is a key like any other',
    JSON.parse('{"__proto__": {"a": 1}}'),
    new Map([['__proto__', new Map([['a', 1n]])]]),
  ],
])('%s', (_name, json, value) => {
  expect(toCelValue(json).value).toEqual(value);
});

test('sizes: all values, the largest collection, the longest string or key', () => {
  expect(toCelValue({ a: [1, 2, 3], longest: { b: 'four' } }).size).toEqual({ values: 7, collection: 3, string: 7 });
  expect(toCelValue(['a'.repeat(9)]).size).toEqual({ values: 2, collection: 1, string: 9 });
});

/** Few values, so that two of them are often equal or differ in one place only. */
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, true, false, 0, 1, 0.5, '', 'a', '1'),
    fc.array(tie('json'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'constructor', 'toString', '__proto__'), tie('json'), { maxKeys: 2 }),
  ),
}));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { map: entries.map(([key, member]) => [key, sorted(member)]) };
}

test('equality is deep equality of JSON, whatever the types: `object.spec != oldObject.spec` can be trusted', () => {
  const equal = compileCondition('object.x == oldObject.x');
  const different = compileCondition('object.x != oldObject.x');
  const property = fc.property(json, json, (a, b) => {
    const variables = celVariables({
      request: {},
      object: { x: a },
      oldObject: { x: b },
      namespaceObject: null,
      exec: null,
    });
    const verdict = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
    expect(equal.ok && equal.evaluate(variables)).toEqual({ ok: true, value: verdict });
    expect(different.ok && different.evaluate(variables)).toEqual({ ok: true, value: !verdict });
  });
  expect(() => fc.assert(property, { numRuns: 5000 })).not.toThrow();
});

test('`in` finds what equals, whatever the types', () => {
  const contained = compileCondition('object.x in oldObject.x');
  const property = fc.property(json, fc.array(json, { maxLength: 3 }), (a, list) => {
    const variables = celVariables({
      request: {},
      object: { x: a },
      oldObject: { x: list },
      namespaceObject: null,
      exec: null,
    });
    const text = JSON.stringify(sorted(a));
    const verdict = list.some((item) => JSON.stringify(sorted(item)) === text);
    expect(contained.ok && contained.evaluate(variables)).toEqual({ ok: true, value: verdict });
  });
  expect(() => fc.assert(property, { numRuns: 5000 })).not.toThrow();
});
