import { expect, test } from 'vitest';
import { approvalPolicy, policyTerms } from '../../../test/builders/approval-policy.ts';
import { updateAttributes } from '../../../test/builders/attributes.ts';
import { World } from '../../../test/builders/enforcement-world.ts';
import { ignorePathsOf } from './ignore-paths.ts';

const terms = (...ignorePaths: readonly string[]) =>
  policyTerms({
    grant: {
      type: 'Once',
      binding: 'Exact',
      useWithinSeconds: 60,
      ...(ignorePaths.length === 0 ? {} : { ignorePaths: [...ignorePaths] }),
    },
  });

test.each<[string, Parameters<typeof ignorePathsOf>[0], readonly string[]]>([
  ['of no policy', [], []],
  ['of one policy', [terms('/b/c', '/a/b', '/a/b')], ['/a/b', '/b/c']],
  ['that all policies ignore', [terms('/a/b', '/a/c'), terms('/a/c', '/a/d')], ['/a/c']],
  ['where one policy ignores none', [terms('/a/b'), terms()], []],
  ['below others', [terms('/a/b/c', '/a/b', '/a/bc')], ['/a/b', '/a/bc']],
])('the paths %s', (_, policies, expected) => {
  expect(ignorePathsOf(policies)).toEqual(expected);
});

test('[R30] the values at a path are bound as soon as one matching policy binds them', () => {
  const world = new World();
  const ignoring = approvalPolicy({ grant: { ignorePaths: ['/spec/replicas'] } });
  world.policies = [ignoring];
  expect(world.gated(updateAttributes()).action.changes).toContainEqual({ path: '/spec/replicas' });
  world.policies = [ignoring, approvalPolicy({}, 'strict')];
  expect(world.gated(updateAttributes()).action.changes).toContainEqual({ path: '/spec/replicas', old: '1', new: '2' });
});
