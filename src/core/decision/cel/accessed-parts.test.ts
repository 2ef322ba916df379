import { expect, test } from 'vitest';
import { celVariables } from './cel-variables.ts';
import { compileCondition } from './compile-condition.ts';

/** What a condition reads of an object, key by key, in order. */
function readOf(expression: string, object: object): { readonly read: string[]; readonly result: unknown } {
  const read: string[] = [];
  const condition = compileCondition(expression);
  if (!condition.ok) throw new Error(condition.message);
  const variables = celVariables({
    request: {},
    object: watched(object, '', read),
    oldObject: null,
    namespaceObject: null,
    exec: null,
  });
  return { read, result: condition.evaluate(variables) };
}

function watched(value: object, path: string, read: string[]): object {
  return new Proxy(value, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof key !== 'string') return member;
      read.push(`${path}${key}`);
      return typeof member === 'object' && member !== null && !Array.isArray(member)
        ? watched(member, `${path}${key}.`, read)
        : member;
    },
  });
}

const OBJECT = { kind: 'Deployment', spec: { replicas: 0, template: { a: 1 } }, metadata: { labels: { app: 'web' } } };

test.each<[string, string, boolean, readonly string[]]>([
  ['one number', 'object.spec.replicas == 0', true, ['spec', 'spec.replicas']],
  ['two of one object', 'object.spec.replicas == 0 && object.spec.replicas < 1', true, ['spec', 'spec.replicas']],
  ['whether there is one', 'has(object.spec.paused)', false, ['spec']],
  [
    'all below a name that stands alone too',
    'object.spec.template.a == 1 && size(object.spec) == 2',
    true,
    ['spec', 'spec.replicas', 'spec.template', 'spec.template.a'],
  ],
  [
    'all below an index',
    "object.metadata['labels'].app == 'web'",
    true,
    ['metadata', 'metadata.labels', 'metadata.labels.app'],
  ],
  [
    'what a loop goes over',
    "object.metadata.labels.exists(k, k == 'app')",
    true,
    ['metadata', 'metadata.labels', 'metadata.labels.app'],
  ],
])('a condition reads %s and nothing else', (_sentence, expression, value, keys) => {
  const { read, result } = readOf(expression, OBJECT);
  expect(result).toEqual({ ok: true, value });
  expect([...new Set(read)].sort()).toEqual([...keys].sort());
});

test('the whole object is read where it stands alone', () => {
  expect(readOf('size(object) == 3', OBJECT)).toMatchObject({ result: { ok: true, value: true } });
  expect(readOf('object.spec.replicas == 0 && object != null', OBJECT).read).toContain('metadata.labels.app');
});

test.each([
  ['a name below a list', 'object.spec.replicas == 0', { spec: [1] }],
  ['a name below a number', 'object.spec.replicas == 0', { spec: 1 }],
  ['a name that is not there', 'object.spec.replicas == 0', { spec: {} }],
  ['an inherited name', "object.constructor.name == 'Object'", { spec: {} }],
])('%s is an error, as when all of it were converted', (_sentence, expression, object) => {
  expect(readOf(expression, object).result).toMatchObject({ ok: false });
});
