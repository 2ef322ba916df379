import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CelInput, celVariables } from './cel-variables.ts';
import { compileCondition, type Evaluation } from './compile-condition.ts';

function evaluate(expression: string, input: Partial<CelInput>): Evaluation {
  const condition = compileCondition(expression);
  if (!condition.ok) throw new Error(condition.message);
  return condition.evaluate(
    celVariables({ request: {}, object: null, oldObject: null, namespaceObject: null, exec: null, ...input }),
  );
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
}

describe('an evaluation error is an error, never false', () => {
  test.each<[string, string, Partial<CelInput>, string]>([
    ['a missing field', 'object.spec.x == 1', { object: { spec: {} } }, 'no such key at line 1, column 13'],
    ['a missing object', "object.name == 'a'", {}, 'no such key at line 1, column 8'],
    ['a field under a missing field', 'has(object.a.b)', { object: {} }, 'no such key at line 1, column 12'],
    ['exec where nothing is executed', "exec.command[0] == 'sh'", {}, 'no such key at line 1, column 6'],
    [
      'absent groups',
      "'a' in request.userInfo.groups",
      { request: { userInfo: {} } },
      'no such key at line 1, column 25',
    ],
    ['an index past the end', 'object[3] == 1', { object: [1] }, 'index out of bounds at line 1, column 1'],
    ['division by zero', '1 / object.a == 1', { object: { a: 0 } }, 'division by zero at line 1, column 1'],
    [
      'an overflow',
      'object.a + 1 > 0',
      { object: { a: 9223372036854775807n } },
      'numeric overflow at line 1, column 1',
    ],
    [
      'a string where a bool is due',
      'object.all(x, x)',
      { object: ['a'] },
      'invalid condition type at line 1, column 15',
    ],
    ['a string where a number is due', 'object.a < 3', { object: { a: 'x' } }, 'no such overload at line 1, column 1'],
  ])('%s', (_name, expression, input, reason) => {
    expect(evaluate(expression, input)).toEqual({ ok: false, reason });
  });
});

test('the reason of an error holds no value of the review', () => {
  const secret = 'hunter2-hunter2';
  const object = { password: secret, index: 7_654_321, key: 'k-7654321', list: [1], map: { [secret]: 1 } };
  const expressions = [
    'object.password < 3',
    'object[object.password] == 1',
    'object.list[object.index] == 1',
    'bool(object.password)',
    'int(object.password) == 1',
    'timestamp(object.password) == timestamp(object.key)',
    'object.password.all(c, c == object.key)',
    'object.map.all(k, k)',
    'object.index * 9223372036854775807 == 1',
    'duration(object.password) == duration(object.key)',
    'object.password.substring(object.index) == ""',
  ];
  const results = expressions.map((expression) => evaluate(expression, { object }));
  expect(results.filter((result) => result.ok)).toEqual([]);
  expect(JSON.stringify(results)).not.toMatch(/hunter2|7654321/);
});

test('a later element that decides absorbs the error of an earlier one, as the specification says', () => {
  const object = { containers: [{}, { privileged: true }] };
  expect(evaluate('object.containers.exists(c, c.privileged == true)', { object })).toEqual({ ok: true, value: true });
  expect(evaluate('object.containers.all(c, c.privileged == true)', { object })).toMatchObject({ ok: false });
});

test('the variables of a review are converted once, and only those that are used', () => {
  const reads: string[] = [];
  const watched = (name: string): object =>
    Object.defineProperty({}, 'a', { enumerable: true, get: () => (reads.push(name), 1) });
  const variables = celVariables({
    request: {},
    object: watched('object'),
    oldObject: watched('oldObject'),
    namespaceObject: null,
    exec: null,
  });
  for (const expression of ['object.a == 1', 'object.a > 0', 'object.a + object.a == 2']) {
    const condition = compileCondition(expression);
    expect(condition.ok && condition.evaluate(variables)).toEqual({ ok: true, value: true });
  }
  expect(reads).toEqual(['object']);
});

test('request shows the fields of Kubernetes and not the objects', () => {
  const request = { uid: 'u', operation: 'CREATE', object: { a: 1 } };
  expect(evaluate('size(request) == 1 && has(request.operation)', { request })).toEqual({ ok: true, value: true });
});

/** Three million letters without a pattern that a matcher could cache; the same in every run. */
const MIXED_TEXT = Array.from({ length: 3_000_000 }, (_, i) =>
  i % 100 === 99 ? 'c' : Math.imul(i + 1, 0x9e3779b1) >>> 31 === 0 ? 'a' : 'b',
).join('');

const LIMITED = { ok: false, reason: expect.stringMatching(/longer than 40 ms|exceed|over|large/) } as const;

describe('hostile input ends in a verdict or an error, within a bounded time', () => {
  test.each<[string, string, unknown, unknown]>([
    [
      'an exponential pattern for backtracking',
      "object.matches('^(a+)+$')",
      `${'a'.repeat(50_000)}b`,
      { ok: true, value: false },
    ],
    ['alternatives that overlap', "object.matches('^(a|a)*$')", `${'a'.repeat(50_000)}b`, { ok: true, value: false }],
    ['a slow pattern over 3 MB', "object.matches('a[ab]{600}c')", MIXED_TEXT, LIMITED],
    ['3 MB of text', "object.contains('b')", 'a'.repeat(3_000_000), { ok: true, value: false }],
    [
      'a quadratic loop over 20,000 elements',
      'object.all(x, object.all(y, x != y || x == y))',
      Array.from({ length: 20_000 }, (_, i) => i),
      LIMITED,
    ],
    ['a quadratic search', 'object.all(x, x in object)', Array.from({ length: 100_000 }, (_, i) => i), LIMITED],
    [
      'a product of lists',
      'object.map(x, object.map(y, [x, y])).size() == 1',
      Array.from({ length: 5_000 }, () => 'a'.repeat(500)),
      LIMITED,
    ],
    [
      'a join of long strings',
      "object.l.map(x, object.s).join('').size() > 0",
      { l: Array.from({ length: 5_000 }, () => 1), s: 'a'.repeat(1_000_000) },
      LIMITED,
    ],
    ['a replacement that grows', "object.replace('a', 'aaaaaaaaaaaaaaaaaaaa').size() > 0", 'a'.repeat(90_000), LIMITED],
    ['a split into millions', "object.split('').size() > 0", 'a'.repeat(3_000_000), LIMITED],
    [
      'doubling a string',
      `(${Array.from({ length: 60 }, () => 'object').join('+')}).size() > 0`,
      'a'.repeat(3_000_000),
      LIMITED,
    ],
    ['129 levels', 'object == null', nested(130), { ok: false, reason: 'the object is nested deeper than 128 levels' }],
    [
      '100,000 levels',
      'object == null',
      nested(100_000),
      { ok: false, reason: 'the object is nested deeper than 128 levels' },
    ],
    ['120 levels', 'object == object', nested(120), { ok: true, value: true }],
  ])('%s', (_name, expression, object, expected) => {
    evaluate(expression, { object });
    const started = process.threadCpuUsage();
    const result = evaluate(expression, { object });
    const { user, system } = process.threadCpuUsage(started);
    // 50 ms, and as much again for whatever V8 collects just then: without the limits these take minutes.
    expect((user + system) / 1000).toBeLessThan(100);
    expect(result).toEqual(expected);
  });

  test('a condition that was stopped works for the next review', () => {
    const condition = compileCondition('object.all(x, object.all(y, x <= 2 || y <= 2))');
    if (!condition.ok) throw new Error(condition.message);
    const of = (object: unknown): Evaluation =>
      condition.evaluate(celVariables({ request: {}, object, oldObject: null, namespaceObject: null, exec: null }));
    const many = Array.from({ length: 30_000 }, () => 1);
    expect(of(many)).toMatchObject({ ok: false });
    expect(of([1, 2])).toEqual({ ok: true, value: true });
    expect(of([1, 3])).toEqual({ ok: true, value: false });
  });

  test('a chain of 600 alternatives', () => {
    const expression = Array.from({ length: 300 }, (_, i) => `object==${i}`).join('||');
    expect(evaluate(expression, { object: 299 })).toEqual({ ok: true, value: true });
    expect(evaluate(expression, { object: 300 })).toEqual({ ok: true, value: false });
  });
});

test('neither compiling nor evaluating ever throws', () => {
  const tokens =
    'object request exec . a ( ) [ ] "x" 1 && || ! == in + , .all(x, .exists( .map( has( .matches( \' ? : { } x .? __proto__';
  const token = fc.constantFrom(...tokens.split(' '));
  const expression = fc.oneof(
    fc.string(),
    fc.array(token, { maxLength: 30 }).map((parts) => parts.join('')),
  );
  const property = fc.property(expression, fc.jsonValue(), (text, object) => {
    const condition = compileCondition(text);
    const variables = celVariables({ request: {}, object, oldObject: null, namespaceObject: null, exec: null });
    return condition.ok ? condition.evaluate(variables).ok !== undefined : condition.message !== '';
  });
  expect(() => fc.assert(property, { numRuns: 2000 })).not.toThrow();
});
