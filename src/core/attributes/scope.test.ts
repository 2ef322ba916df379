import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { execAction } from '../../../test/builders/exec-action.ts';
import type { Action } from '../api/kinds.ts';
import { digestOf } from './digest.ts';
import { covers, isPrefix, scopeOf } from './scope.ts';
import { summarise, unboundedReason } from './summary.ts';

const exec = (command: readonly string[], more: Partial<NonNullable<Action['exec']>> = {}): Action => ({
  ...execAction(command, more),
  targetUID: 'pod-uid',
});
const LS = exec(['ls', '-l']);
const UPDATE: Action = {
  operation: 'UPDATE',
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  namespace: 'prod',
  name: 'web',
  targetUID: 'dep-uid',
  changes: [{ path: '/spec/replicas', old: '1', new: '2' }],
};
const STRICT = { allowInteractive: false, commandPrefix: undefined };
const OPEN = { allowInteractive: true, commandPrefix: undefined };

const scope = (action: Action, terms = STRICT): Action => {
  const made = scopeOf(action, terms);
  if (made === undefined) throw new Error('no scope');
  return made;
};

describe('a scope', () => {
  test('is of the object and of the words, and holds nothing else', () => {
    expect(scope(LS)).toEqual({
      binding: 'Scope',
      operation: 'CONNECT',
      group: '',
      version: 'v1',
      resource: 'pods',
      subresource: 'exec',
      namespace: 'prod',
      name: 'web-0',
      exec: { container: 'app', command: ['ls', '-l'] },
    });
    expect(scope(UPDATE)).not.toHaveProperty('changes');
    expect(scope(UPDATE)).not.toHaveProperty('targetUID');
  });

  test('is of the first words, where a policy says of how many', () => {
    expect(scopeOf(LS, { ...STRICT, commandPrefix: 1 })?.exec?.command).toEqual(['ls']);
    // Fewer words than are bound at least: whoever asks would choose the least.
    expect(scopeOf(LS, { ...STRICT, commandPrefix: 9 })).toBeUndefined();
  });

  test('says in a few words that it is none of one action', () => {
    expect(summarise(scope(exec(['ls', 'a b'])))).toEqual({
      action: 'any exec beginning with: ls "a b"',
      target: 'pods/web-0 (app)',
    });
    expect(summarise(scope(exec(['sh'], { tty: true }), OPEN)).action).toBe(
      'any exec (stdin, terminals and shells too) beginning with: sh',
    );
    expect(summarise(scope(UPDATE)).action).toBe('any update');
    expect(unboundedReason(scope(LS))).toMatch(/^scope: /);
    expect(unboundedReason(scope(UPDATE))).toMatch(/^scope: /);
  });

  const none: Record<string, Action> = {
    'of an exec with stdin': exec(['ls'], { stdin: true }),
    'of an exec with a terminal': exec(['ls'], { tty: true }),
    'of a shell': exec(['sh', '-c', 'ls']),
    'of a shell behind a wrapper': exec(['timeout', '5', 'bash']),
    'of what runs its arguments': exec(['timeout', '5', 'ls']),
    'of what runs some of its arguments': exec(['find', '/tmp']),
    'of an interpreter': exec(['/usr/bin/python3.11']),
    'of an attach': { ...LS, subresource: 'attach', exec: { container: 'app' } },
    'of a port-forward': { ...LS, subresource: 'portforward', exec: undefined } as never,
    'of a debug container': { ...UPDATE, group: '', resource: 'pods', subresource: 'ephemeralcontainers' },
    'of a token': {
      operation: 'CREATE',
      version: 'v1',
      resource: 'serviceaccounts',
      subresource: 'token',
      name: 'robot',
    },
  };
  test.each(Object.entries(none))('%s: none without allowInteractive, one with it', (_, action) => {
    expect(scopeOf(action, STRICT)).toBeUndefined();
    expect(scopeOf(action, OPEN)).toMatchObject({ binding: 'Scope', interactive: true });
  });

  test('of what has no name, or no command: none at all', () => {
    const { name, ...unnamed } = UPDATE;
    expect(name).toBe('web');
    expect(scopeOf({ ...unnamed, operation: 'CREATE' }, OPEN)).toBeUndefined();
    expect(scopeOf(exec([]), OPEN)).toBeUndefined();
  });
});

describe('an approved scope covers', () => {
  const ls = scope(exec(['ls']));
  const cases: Record<string, readonly [Action, Action, boolean]> = {
    'the command itself': [ls, exec(['ls']), true],
    'a longer one': [ls, exec(['ls', '-l', '/etc']), true],
    'another pod of the same name': [ls, { ...LS, targetUID: 'other' }, true],
    'no command that begins otherwise': [ls, exec(['cat', 'ls']), false],
    'no command whose first word begins alike': [ls, exec(['lsof']), false],
    'no shorter one': [scope(exec(['ls', '-l'])), exec(['ls']), false],
    'no other split of the same text': [scope(exec(['ls', '-l'])), exec(['ls -l']), false],
    'no empty word for a missing one': [scope(exec(['ls', ''])), exec(['ls']), false],
    'no other container': [ls, exec(['ls'], { container: 'sidecar' }), false],
    'no stdin': [ls, exec(['ls'], { stdin: true }), false],
    'no terminal': [ls, exec(['ls'], { tty: true }), false],
    'no program behind a wrapper that it begins with': [
      { ...ls, exec: { container: 'app', command: ['timeout'] } },
      exec(['timeout', '5', 'ls']),
      false,
    ],
    'a shell, where it is interactive': [scope(exec(['sh']), OPEN), exec(['sh', '-c', 'x'], { tty: true }), true],
    'no other pod': [ls, { ...LS, name: 'web-1' }, false],
    'no other namespace': [ls, { ...LS, namespace: 'dev' }, false],
    'no attach': [ls, { ...LS, subresource: 'attach', exec: { container: 'app' } }, false],
    'any update of the object': [scope(UPDATE), { ...UPDATE, changes: [{ path: '/a' }], targetUID: 'x' }, true],
    'no other operation': [scope(UPDATE), { ...UPDATE, operation: 'DELETE' }, false],
    'no subresource of it': [scope(UPDATE), { ...UPDATE, subresource: 'scale' }, false],
    'no other group': [scope(UPDATE), { ...UPDATE, group: 'extensions' }, false],
    'no other version': [scope(UPDATE), { ...UPDATE, version: 'v1beta1' }, false],
    'nothing, if it is no scope': [LS, LS, false],
    'no other scope': [ls, ls, false],
    'nothing, if it is cut short': [{ ...ls, omitted: 'the end' }, exec(['ls']), false],
    'nothing that is cut short': [ls, { ...exec(['ls']), omitted: 'the end' }, false],
    'nothing, if its words are gone': [{ ...ls, exec: { container: 'app' } }, exec(['ls']), false],
    'nothing, if its container is gone': [{ ...ls, exec: { command: ['ls'] } }, exec(['ls']), false],
    'nothing, if its name is gone': [{ ...scope(UPDATE), name: undefined } as never, UPDATE, false],
  };
  test.each(Object.entries(cases))('%s', (_, [approved, action, expected]) => {
    expect(covers(approved, action)).toBe(expected);
  });
});

describe('words', () => {
  const word = fc.oneof(fc.constantFrom('', ' ', 'ls', '-l', 'ls -l', '\u0000', '"'), fc.string());
  const words = fc.array(word, { maxLength: 6 });

  test('begin every command that goes on after them', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), words, (prefix, rest) => {
        expect(isPrefix(prefix, [...prefix, ...rest])).toBe(true);
      }),
    );
  });

  test('begin a command only if each of them is there, whole and in its place', () => {
    fc.assert(
      fc.property(words, words, (prefix, command) => {
        const same = prefix.length > 0 && JSON.stringify(command.slice(0, prefix.length)) === JSON.stringify(prefix);
        expect(isPrefix(prefix, command)).toBe(same);
      }),
    );
  });

  test('that are changed, split or joined anywhere begin it no more', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), fc.nat(), word, (prefix, at, other) => {
        const index = at % prefix.length;
        fc.pre(prefix[index] !== other);
        expect(isPrefix(prefix, prefix.with(index, other))).toBe(false);
        if (prefix.length > 1) expect(isPrefix(prefix, [prefix.join(' ')])).toBe(false);
        expect(isPrefix(prefix, prefix.slice(0, -1))).toBe(false);
      }),
    );
  });

  test('no two scopes of different words, and no scope and no action, have one digest', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const one = scopeOf(exec(['x', ...a]), OPEN);
        const two = scopeOf(exec(['x', ...b]), OPEN);
        if (one === undefined || two === undefined) throw new Error('no scope');
        expect(digestOf(one) === digestOf(two)).toBe(JSON.stringify(one) === JSON.stringify(two));
        expect(digestOf(one)).not.toBe(digestOf(exec(['x', ...a])));
      }),
    );
  });
});
