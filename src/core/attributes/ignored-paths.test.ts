import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALICE, createAttributes, deployment, updateAttributes } from '../../../test/builders/attributes.ts';
import type { Action, Change } from '../api/kinds.ts';
import { type Described, describeAction } from './action.ts';
import { changesBetween } from './changes.ts';
import { digestOf } from './digest.ts';
import { pointerTokens, withoutPaths, withoutValues } from './ignored-paths.ts';
import type { Json, JsonObject } from './json.ts';
import { attributesOfWritten, describeWritten } from './written-action.ts';

const RESTARTED_AT = '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt';

describe('a JSON pointer', () => {
  test.each<[string, readonly string[] | undefined]>([
    ['/spec/replicas', ['spec', 'replicas']],
    ['/a~1b/c~0d', ['a/b', 'c~d']],
    ['/~01', ['~1']],
    ['/a//b', ['a', '', 'b']],
    ['', undefined],
    ['spec', undefined],
    ['/a~2', undefined],
    ['/a~', undefined],
  ])('%s', (pointer, tokens) => {
    expect(pointerTokens(pointer)).toEqual(tokens);
  });
});

describe('a created object without', () => {
  test.each<[string, JsonObject, string, JsonObject]>([
    ['a value', { spec: { a: 1, b: 2 } }, '/spec/a', { spec: { b: 2 } }],
    ['a value that is not there', { spec: { a: 1 } }, '/spec/b/c', { spec: { a: 1 } }],
    ['the only value of a container', { x: 1, spec: { a: { b: 1 } } }, '/spec/a/b', { x: 1 }],
    ['a key with a slash', { metadata: { 'a/b': 1, c: 2 } }, '/metadata/a~1b', { metadata: { c: 2 } }],
    ['an element of a list', { l: ['a', 'b'] }, '/l/0', { l: [null, 'b'] }],
    ['a field of an element', { l: [{ image: 'a', name: 'b' }] }, '/l/0/image', { l: [{ name: 'b' }] }],
    ['the length of a list, which is no value', { l: ['a'] }, '/l/length', { l: ['a'] }],
    ['what every object inherits', { l: { a: 1 } }, '/l/toString', { l: { a: 1 } }],
    ['an empty object that could have held it', { l: {}, m: 1 }, '/l/a', { m: 1 }],
    ['an empty object beside it', { spec: { a: 1, b: {} } }, '/spec/a', { spec: { b: {} } }],
  ])('%s', (_, object, path, expected) => {
    expect(withoutPaths(object, [path])).toEqual(expected);
  });
});

describe('the changes of an update, with the ignored path bare', () => {
  const at = (annotations: JsonObject | undefined): JsonObject => ({
    metadata: annotations === undefined ? {} : { annotations },
  });
  const bare = { path: '/metadata/annotations/at' };
  test.each<[string, Json, Json, readonly Change[]]>([
    ['a value that changes', at({ at: 'a' }), at({ at: 'b' }), [bare]],
    ['a value that comes, with its container', at(undefined), at({ at: 'b' }), [bare]],
    ['a value that goes, with its container', at({ at: 'a' }), at(undefined), [bare]],
    ['a value that becomes a container', at({ at: 'a' }), at({ at: { x: 1, y: 2 } }), [bare]],
    ['changes below it', at({ at: { x: 1, y: 1 } }), at({ at: { x: 2, y: 2 } }), [bare]],
    [
      'a neighbour that comes with it',
      at(undefined),
      at({ at: 'b', other: 'c' }),
      [{ path: '/metadata/annotations', new: '{"other":"c"}' }, bare],
    ],
    [
      'a neighbour that changes with it',
      at({ at: 'a', other: 'b' }),
      at({ at: 'b', other: 'c' }),
      [bare, { path: '/metadata/annotations/other', old: '"b"', new: '"c"' }],
    ],
    [
      'a neighbour alone',
      at({ at: 'a', other: 'b' }),
      at({ at: 'a', other: 'c' }),
      [{ path: '/metadata/annotations/other', old: '"b"', new: '"c"' }],
    ],
    [
      'a path that only begins like it',
      at({ atom: 'a' }),
      at({ atom: 'b' }),
      [{ path: '/metadata/annotations/atom', old: '"a"', new: '"b"' }],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(withoutValues(changesBetween(before, after), [bare.path])).toEqual(expected);
  });

  const key = fc.constantFrom('a', 'b', 'c/d', '0');
  const value = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Json>(1, 2, null, ''),
      fc.array(tie('json'), { maxLength: 2 }),
      fc.dictionary(key, tie('json'), { maxKeys: 3 }),
    ),
  })).json;
  const object = fc.dictionary(key, value, { maxKeys: 3 });
  const pointer = fc.constantFrom('/a/b', '/a/0', '/b/c~1d', '/c~1d/a/b');
  const isElement = (value: JsonObject, path: string): boolean => {
    const tokens = pointerTokens(path) ?? [];
    const list = tokens.slice(0, -1).reduce<unknown>((each, token) => (each as JsonObject | undefined)?.[token], value);
    return Array.isArray(list) && list.length > Number(tokens.at(-1));
  };

  test('are the same when they are taken again, as a stored request is', () => {
    fc.assert(
      fc.property(object, object, pointer, (before, after, path) => {
        const once = withoutValues(changesBetween(before, after), [path]);
        expect(withoutValues(once, [path])).toEqual(once);
      }),
      { numRuns: 2000 },
    );
  });

  test('of two objects that differ elsewhere always say so', () => {
    fc.assert(
      fc.property(object, object, object, pointer, (before, one, other, path) => {
        fc.pre(JSON.stringify(withoutPaths(one, [path])) !== JSON.stringify(withoutPaths(other, [path])));
        // The last element of a list that comes or goes is a change of its value, which is ignored.
        fc.pre(isElement(one, path) === isElement(other, path));
        fc.pre(changesBetween(withoutPaths(one, [path]), withoutPaths(other, [path])).length > 0);
        expect(withoutValues(changesBetween(before, one), [path])).not.toEqual(
          withoutValues(changesBetween(before, other), [path]),
        );
      }),
      { numRuns: 5000 },
    );
  });

  test('are none only where nothing changes', () => {
    fc.assert(
      fc.property(object, object, pointer, (before, after, path) => {
        const changes = changesBetween(before, after);
        expect(withoutValues(changes, [path]).length > 0).toBe(changes.length > 0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('[R11] a digest under an ignored path', () => {
  const hmac = () => 'hmac-sha256:x';
  const restarted = (annotations: JsonObject | undefined, image = 'web:1'): JsonObject =>
    deployment({
      spec: {
        replicas: 1,
        template: {
          metadata: { labels: { app: 'web' }, ...(annotations === undefined ? {} : { annotations }) },
          spec: { containers: [{ name: 'app', image }] },
        },
      },
    });
  const stamp = (time: string): JsonObject => ({ 'kubectl.kubernetes.io/restartedAt': time });
  const restart = (before: JsonObject | undefined, after: JsonObject, image?: string) =>
    actionOf(describeAction(updateAttributes(restarted(after, image), restarted(before)), hmac, [RESTARTED_AT]));

  test('is that of every restart, the first one included, and of nothing else', () => {
    const first = restart(undefined, stamp('10:00'));
    expect(first.changes).toEqual([{ path: RESTARTED_AT }]);
    expect(digestOf(restart(stamp('10:00'), stamp('10:01')))).toBe(digestOf(first));
    expect(digestOf(restart(stamp('10:00'), stamp('10:01'), 'evil'))).not.toBe(digestOf(first));
    expect(digestOf(restart(stamp('10:00'), { ...stamp('10:01'), more: 'x' }))).not.toBe(digestOf(first));
  });

  test('is that of the change as it is written by hand', () => {
    const reviewed = restart(undefined, stamp('10:00'));
    const byHand: readonly Change[][] = [
      [{ path: RESTARTED_AT }],
      [{ path: RESTARTED_AT, old: '"09:00"', new: '"10:00"' }],
      [{ path: '/spec/template/metadata/annotations', new: JSON.stringify(stamp('11:00')) }],
    ];
    for (const changes of byHand) {
      const written: Action = { ...reviewed, changes };
      const attributes = attributesOfWritten(written, ALICE, undefined);
      expect(digestOf(actionOf(describeWritten(written, attributes, hmac, [RESTARTED_AT])))).toBe(digestOf(reviewed));
    }
  });

  test('a change without values that is not ignored cannot be asked for', () => {
    const written: Action = { ...restart(undefined, stamp('10:00')), changes: [{ path: '/spec/replicas' }] };
    expect(
      describeWritten(written, attributesOfWritten(written, ALICE, undefined), hmac, [RESTARTED_AT]),
    ).toMatchObject({
      kind: 'Refused',
      message: 'action.changes: /spec/replicas has no value, old or new, and not every policy ignores it',
    });
  });

  test('of a creation leaves the value out', () => {
    const created = (replicas: number, paths: readonly string[]) =>
      digestOf(
        actionOf(describeAction(createAttributes(deployment({ spec: { replicas, paused: true } })), hmac, paths)),
      );
    expect(created(1, ['/spec/replicas'])).toBe(created(2, ['/spec/replicas']));
    expect(created(1, ['/spec/paused'])).not.toBe(created(2, ['/spec/paused']));
  });
});

function actionOf(described: Described): Action {
  if (described.kind !== 'Action') throw new Error(described.kind);
  return described.action;
}
