import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import { createPolicyCompiler } from '../../core/decision/compile.ts';
import { policyStatus } from './conditions.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const compile = createPolicyCompiler();

const says: Record<string, readonly [Partial<ApprovalPolicy['spec']>, number | undefined, readonly string[]]> = {
  'a policy whose generation is configured': [{}, 1, ['Ready True Compiled', 'Enforced True Configured']],
  'a policy that is not configured yet': [{}, undefined, ['Ready True Compiled', 'Enforced False Configuring']],
  'a policy whose older generation is configured': [{}, 0, ['Ready True Compiled', 'Enforced False Configuring']],
  'a policy that does not compile, configured or not': [
    { masking: {} },
    1,
    ['Ready False Invalid', 'Enforced False NotReady'],
  ],
};
test.each(Object.entries(says))('%s says so', (_sentence, [spec, generation, expected]) => {
  const policy = approvalPolicy(spec);
  const status = policyStatus(policy, compile(policy), generation, NOW);
  expect(status.conditions.map((each) => `${each.type} ${each.status} ${each.reason}`)).toEqual(expected);
  expect(status.observedGeneration).toBe(1);
});

test('a condition keeps the time at which it last changed, and those of others stay', () => {
  const policy = approvalPolicy();
  const first = policyStatus(policy, compile(policy), undefined, NOW);
  const other = {
    type: 'Other',
    status: 'True',
    reason: 'R',
    message: '',
    lastTransitionTime: '2020-01-01T00:00:00Z',
  } as const;
  const later = { ...policy, status: { ...first, conditions: [other, ...first.conditions] } };
  const second = policyStatus(later, compile(policy), 1, NOW + 5_000);
  expect(second.conditions.map(({ type, lastTransitionTime }) => `${type} ${lastTransitionTime}`)).toEqual([
    'Other 2020-01-01T00:00:00Z',
    'Ready 2026-01-01T00:00:00Z',
    'Enforced 2026-01-01T00:00:05Z',
  ]);
});
