import { describe, expect, test } from 'vitest';
import { forbiddenRuleProblems } from './forbidden-rules.ts';

const rule = (operations: string[], resources: string[], apiGroups = ['']) => ({
  apiGroups,
  apiVersions: ['*'],
  operations,
  resources,
});

describe('a rule that can never match is refused: it would gate nothing', () => {
  test.each<[string, ReturnType<typeof rule>, string]>([
    ['a misspelt subresource', rule(['CONNECT'], ['pods/exce']), 'CONNECT reaches pods/exec'],
    ['the resource itself', rule(['CONNECT'], ['pods/exec', 'pods']), 'CONNECT reaches pods/exec'],
    ['a stream without CONNECT', rule(['CREATE'], ['pods/exec']), 'is reached by CONNECT alone'],
  ])('%s', (_, refused, message) => {
    expect(
      forbiddenRuleProblems(refused, 'rule')
        .map((problem) => problem.message)
        .join(),
    ).toContain(message);
  });
});

test.each<[string, ReturnType<typeof rule>]>([
  ['streams', rule(['CONNECT'], ['pods/exec', 'pods/attach', 'pods/portforward', 'nodes/proxy'])],
  ['a wildcard that reaches some', rule(['CONNECT'], ['*/proxy'])],
  ['a rule of streams and writes', rule(['CREATE', 'CONNECT'], ['pods', 'pods/exec'])],
  [
    'a group of somebody else, who may connect what they like',
    rule(['CONNECT'], ['virtualmachines/console'], ['subresources.kubevirt.io']),
  ],
])('%s is not', (_, fine) => {
  expect(forbiddenRuleProblems(fine, 'rule')).toEqual([]);
});
