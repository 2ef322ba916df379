import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../api/kinds.ts';
import { changesBetween } from './changes.ts';
import type { Json } from './json.ts';

/** RFC 6901 in the other direction: what an approver would get who carried out the list by hand. */
function apply(before: Json, changes: readonly Change[]): Json | undefined {
  const root = { value: structuredClone(before) as unknown };
  for (const { path, new: next } of changes) {
    const keys = `/value${path}`
      .split('/')
      .slice(1)
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    const parent = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, root);
    if (next === undefined) Reflect.deleteProperty(parent, last);
    else
      Object.defineProperty(parent, last, {
        value: JSON.parse(next),
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }
  return packed(root.value) as Json;
}

/** What is taken off the end of an array leaves holes. */
function packed(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((_, index) => Object.hasOwn(value, index)).map(packed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, packed(child)]));
}

const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'a/b', '~', '~1', '', '0', '10') },
  { weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
);
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false, 0, 1, '', 'x'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test('[R11] the listed changes carried out on what was give what will be', () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      const changes = changesBetween(before, after);
      expect(canonicalize(apply(before, changes))).toBe(canonicalize(after));
      expect(changes.length === 0).toBe(canonicalize(before) === canonicalize(after));
      expect(changes.map((change) => change.path)).toEqual(
        [...new Set(changes.map((change) => change.path))].toSorted(),
      );
    }),
    { numRuns: 2000 },
  );
});

test.each<[string, string, string, Change[]]>([
  ['a value', '{"a":1}', '{"a":2}', [{ path: '/a', old: '1', new: '2' }]],
  ['a new key', '{}', '{"a":{"b":1}}', [{ path: '/a', new: '{"b":1}' }]],
  ['a key that goes', '{"a":null}', '{}', [{ path: '/a', old: 'null' }]],
  ['an element at the end', '[1]', '[1,2]', [{ path: '/1', new: '2' }]],
  ['an object that becomes a list', '{"a":{"0":1}}', '{"a":[1]}', [{ path: '/a', old: '{"0":1}', new: '[1]' }]],
  ['a key with a slash and a tilde', '{"a/~b":1}', '{"a/~b":2}', [{ path: '/a~1~0b', old: '1', new: '2' }]],
  ['a key named __proto__ is data', '{}', '{"__proto__":{"x":1}}', [{ path: '/__proto__', new: '{"x":1}' }]],
  [
    'inside __proto__',
    '{"__proto__":{"x":1}}',
    '{"__proto__":{"x":2}}',
    [{ path: '/__proto__/x', old: '1', new: '2' }],
  ],
  ['keys that every object inherits', '{}', '{"constructor":1}', [{ path: '/constructor', new: '1' }]],
  ['another order of keys', '{"a":1,"b":2}', '{"b":2,"a":1}', []],
])('%s', (_, before, after, expected) => {
  expect(changesBetween(JSON.parse(before) as Json, JSON.parse(after) as Json)).toEqual(expected);
});
