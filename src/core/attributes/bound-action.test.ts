import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Action } from '../api/kinds.ts';
import { approvalRequestSchema } from '../api/generated/approval-request-schema.ts';
import { boundAction, isWhole } from './bound-action.ts';

const EXEC: Action = {
  operation: 'CONNECT',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: 'exec',
  name: 'web-0',
};
const WRITE: Action = { operation: 'UPDATE', group: 'apps', version: 'v1', resource: 'deployments', name: 'web' };
const many = (count: number, size: number) =>
  Array.from({ length: count }, (_, index) => ({ path: `/${index}`, old: 'o'.repeat(size), new: 'n'.repeat(size) }));

describe('what is small enough is kept whole', () => {
  test.each<[string, Action]>([
    ['a command', { ...EXEC, exec: { command: ['ls', 'x'.repeat(16_384)] } }],
    ['256 parts', { ...EXEC, exec: { command: Array.from({ length: 256 }, () => 'x') } }],
    ['128 changes', { ...WRITE, changes: many(128, 10) }],
    ['an object', { ...WRITE, operation: 'CREATE', object: { a: 'x'.repeat(60_000) } }],
    ['options', { ...WRITE, operation: 'DELETE', options: { gracePeriodSeconds: 0 } }],
  ])('%s', (_, action) => {
    expect(boundAction(action)).toBe(action);
  });
});

describe('what is not says what is missing', () => {
  test.each<[string, Action, string]>([
    ['a long part', { ...EXEC, exec: { command: ['x'.repeat(16_385)] } }, 'the command is longer than a request keeps'],
    [
      '257 parts',
      { ...EXEC, exec: { command: Array.from({ length: 257 }, () => 'x') } },
      'the command is longer than a request keeps',
    ],
    [
      'many long parts',
      { ...EXEC, exec: { command: Array.from({ length: 256 }, () => 'x'.repeat(16_384)) } },
      'the command is longer than a request keeps',
    ],
    [
      'a large object',
      { ...WRITE, object: { kind: 'X', metadata: { name: 'n' }, a: 'x'.repeat(70_000) } },
      'the object has 70043 characters, more than the 65536 that a request keeps',
    ],
    [
      'one large value',
      { ...WRITE, changes: [...many(1, 8193), { path: '/small', new: '1' }] },
      '1 of 2 changes are too large to keep',
    ],
    ['129 changes', { ...WRITE, changes: many(129, 1) }, '1 of 129 changes are too large to keep'],
    [
      'a long path',
      { ...WRITE, changes: [{ path: `/${'p'.repeat(1024)}`, new: '1' }] },
      '1 of 1 changes are too large to keep',
    ],
    [
      'changes that are large together',
      { ...WRITE, changes: many(100, 8000) },
      '84 of 100 changes are too large to keep',
    ],
    [
      'a long path of a proxy',
      { ...EXEC, options: { path: 'p'.repeat(70_000) } },
      'the options have 70011 characters, more than the 65536 that a request keeps',
    ],
  ])('%s', (_, action, omitted) => {
    const bound = boundAction(action);
    expect(bound.omitted).toBe(omitted);
    expect(isWhole(bound)).toBe(false);
    expect(JSON.stringify(bound).length).toBeLessThan(300_000);
  });
});

const long = (max: number) => fc.integer({ min: 0, max }).map((size) => 'x'.repeat(size));

test('whatever is asked, the stored action is within the limits of the CRD', () => {
  const schema = approvalRequestSchema();
  const action = fc.oneof(
    fc.array(long(20_000), { maxLength: 300, size: 'max' }).map((command): Action => ({ ...EXEC, exec: { command } })),
    fc
      .array(fc.record({ path: long(1100), old: long(9000), new: long(9000) }), { maxLength: 150, size: 'max' })
      .map((changes): Action => ({ ...WRITE, changes })),
    long(100_000).map((a): Action => ({ ...WRITE, object: { a } })),
    long(100_000).map((path): Action => ({ ...EXEC, options: { path } })),
  );
  fc.assert(
    fc.property(action, (whole) => {
      const bound = boundAction(whole);
      expect(schema.safeParse({ spec: { action: bound } }).error?.issues).toBeUndefined();
      expect(isWhole(bound)).toBe(JSON.stringify(bound) === JSON.stringify(whole));
      expect(JSON.stringify(bound).length).toBeLessThan(600_000);
    }),
    { numRuns: 60 },
  );
});
