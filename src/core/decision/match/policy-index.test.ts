import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../../test/builders/approval-policy.ts';
import { compile } from '../../../../test/builders/decision-world.ts';
import { matchesRule } from './match-rule.ts';
import { createPolicyIndex, type IndexedTarget } from './policy-index.ts';
import type { ResourceRule } from './resource-rule.ts';

const names = (...all: readonly string[]) => fc.subarray([...all], { minLength: 1, maxLength: 3 });
const someRule: fc.Arbitrary<ResourceRule> = fc.record({
  apiGroups: names('', 'apps', 'a\nb', '*'),
  apiVersions: fc.constant(['*']),
  operations: names('CREATE', 'UPDATE', 'DELETE', 'CONNECT', '*'),
  resources: names('pods', 'pods/exec', 'pods/*', '*/scale', '*', '*/*', 'deployments', '/', ''),
});
const someTarget = fc.record({
  group: fc.constantFrom('', 'apps', 'other', 'a\nb', 'b', '*'),
  version: fc.constant('v1'),
  operation: fc.constantFrom('CREATE', 'UPDATE', 'DELETE', 'CONNECT', 'x', '*'),
  resource: fc.constantFrom('pods', 'deployments', 'scale', 'pods/exec', 'unknown', '', '*', '0'),
  subresource: fc.constantFrom('', 'exec', 'scale', 'x'),
  namespaced: fc.boolean(),
  names: fc.constant(['web']),
});

test('[R1] whatever a rule or a step of a policy matches, the policy is among those looked at, and all in their order', () => {
  let matched = 0;
  let leftOut = 0;
  const somePolicy = fc.record({
    rulesOfAnyVersion: fc.array(someRule, { maxLength: 2 }),
    steps: fc.array(fc.record({ rule: someRule }), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(
      fc.array(somePolicy, { maxLength: 6 }),
      fc.array(someTarget, { minLength: 1, maxLength: 12 }),
      (policies, targets) => {
        const index = createPolicyIndex(policies);
        for (const target of targets) {
          const found = index(target);
          expect(found).toEqual(policies.filter((policy) => found.includes(policy)));
          for (const policy of policies) {
            const rules = [...policy.rulesOfAnyVersion, ...policy.steps.map(({ rule }) => rule)];
            if (rules.some((rule) => matchesRule(rule, target))) {
              matched += 1;
              expect(found).toContain(policy);
            } else if (!found.includes(policy)) leftOut += 1;
          }
        }
      },
    ),
    { numRuns: 500 },
  );
  expect(matched).toBeGreaterThan(1000);
  expect(leftOut).toBeGreaterThan(1000);
});

test('a policy is looked at for what it names and for what leads round it, and for nothing else', () => {
  const rule = {
    apiGroups: ['apps'],
    apiVersions: ['v1'],
    operations: ['UPDATE' as const],
    resources: ['deployments'],
  };
  const policy = compile(
    approvalPolicy({ match: { resourceRules: [rule], namespaceSelector: { matchLabels: { env: 'prod' } } } }),
  );
  const index = createPolicyIndex([policy]);
  const at = (group: string, resource: string, operation = 'UPDATE'): IndexedTarget => ({ group, resource, operation });
  expect(policy).toMatchObject({ ready: true });
  expect(index(at('apps', 'deployments'))).toEqual([policy]);
  expect(index(at('apps', 'statefulsets'))).toEqual([]);
  expect(index(at('', 'deployments'))).toEqual([]);
  for (const { rule: step } of policy.steps)
    expect(index(at(step.apiGroups[0] ?? '', step.resources[0] ?? '', step.operations[0]))).toEqual([policy]);
  expect(policy.steps).not.toEqual([]);
});
