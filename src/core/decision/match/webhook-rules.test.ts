import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Labels, parseLabelSelector } from './label-selector.ts';
import { matchesRule, type RuleTarget } from './match-rule.ts';
import type { ResourceRule } from './resource-rule.ts';
import { type PolicyMatch, webhookRules } from './webhook-rules.ts';

const rule = (operations: string[], resources: string[], apiGroups = ['']): ResourceRule => ({
  apiGroups,
  apiVersions: ['*'],
  operations,
  resources,
});
const env = (...values: string[]): PolicyMatch['namespaceSelector'] => ({
  matchExpressions: [{ key: 'env', operator: 'In', values }],
});

test('policies on the same resource share an entry, whose selector covers both', () => {
  const policies = [
    { rules: [rule(['CONNECT'], ['pods/exec', 'pods/attach'])], namespaceSelector: { matchLabels: { env: 'prod' } } },
    { rules: [rule(['CONNECT'], ['pods/exec'])], namespaceSelector: { matchLabels: { env: 'staging' } } },
  ];
  expect(webhookRules(policies)).toEqual([
    {
      class: 'Connect',
      namespaceSelector: env('prod', 'staging'),
      rules: [{ ...rule(['CONNECT'], ['pods/exec']), scope: '*' }],
    },
    {
      class: 'Connect',
      namespaceSelector: env('prod'),
      rules: [{ ...rule(['CONNECT'], ['pods/attach']), scope: '*' }],
    },
  ]);
});

test('a wildcard joins everything that it may match', () => {
  const policies = [
    { rules: [rule(['DELETE'], ['*'], ['apps'])], namespaceSelector: { matchLabels: { env: 'prod' } } },
    { rules: [rule(['DELETE'], ['deployments', 'statefulsets'], ['apps'])], namespaceSelector: {} },
    { rules: [rule(['DELETE'], ['secrets'])], namespaceSelector: { matchLabels: { env: 'dev' } } },
  ];
  expect(webhookRules(policies)).toEqual([
    { class: 'Write', namespaceSelector: env('dev'), rules: [{ ...rule(['DELETE'], ['secrets']), scope: '*' }] },
    { class: 'Write', namespaceSelector: {}, rules: [{ ...rule(['DELETE'], ['*'], ['apps']), scope: '*' }] },
  ]);
});

test('components with one selector and class become one entry with few rules', () => {
  const resources = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'];
  const policies = [
    {
      rules: [
        rule(['CREATE', 'UPDATE', 'DELETE'], resources, ['rbac.authorization.k8s.io']),
        rule(['CREATE', 'UPDATE', 'DELETE'], ['secrets']),
        rule(['CONNECT'], ['pods/exec']),
      ],
      namespaceSelector: {},
    },
  ];
  expect(webhookRules(policies)).toEqual([
    { class: 'Connect', namespaceSelector: {}, rules: [{ ...rule(['CONNECT'], ['pods/exec']), scope: '*' }] },
    {
      class: 'Write',
      namespaceSelector: {},
      rules: [
        { ...rule(['CREATE', 'DELETE', 'UPDATE'], ['secrets']), scope: '*' },
        { ...rule(['CREATE', 'DELETE', 'UPDATE'], resources.toSorted(), ['rbac.authorization.k8s.io']), scope: '*' },
      ],
    },
  ]);
});

const hpa = (version: string): ResourceRule => ({
  ...rule(['UPDATE'], ['horizontalpodautoscalers'], ['autoscaling']),
  apiVersions: [version],
});

test('versions of one resource stay together: matchPolicy Equivalent would call both', () => {
  const entries = webhookRules([
    { rules: [hpa('v1')], namespaceSelector: { matchLabels: { env: 'a' } } },
    { rules: [hpa('v2')], namespaceSelector: { matchLabels: { env: 'b' } } },
  ]);
  expect(entries).toEqual([
    {
      class: 'Write',
      namespaceSelector: env('a', 'b'),
      rules: [{ ...hpa('v1'), apiVersions: ['v1', 'v2'], scope: '*' }],
    },
  ]);
});

test('no policies, no entries', () => {
  expect(webhookRules([])).toEqual([]);
});

const some = <T>(...items: T[]): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength: 3 });
const anyRule: fc.Arbitrary<ResourceRule> = fc.record({
  apiGroups: some('', 'apps', 'batch', '*'),
  apiVersions: some('v1', 'v2', '*'),
  operations: some('CREATE', 'UPDATE', 'DELETE', 'CONNECT', '*'),
  resources: some('pods', 'pods/exec', 'pods/*', '*', '*/scale', '*/exec', 'jobs', 'jobs/scale', '*/*'),
  resourceNames: fc.constantFrom<string[][]>([], ['web']),
  scope: fc.constantFrom('*', 'Cluster', 'Namespaced'),
});
const anyPolicy: fc.Arbitrary<PolicyMatch> = fc.record({
  rules: fc.array(anyRule, { minLength: 1, maxLength: 2 }),
  namespaceSelector: fc.constantFrom(
    {},
    env('prod'),
    env('dev', 'prod'),
    { matchLabels: { team: 'a' } },
    { matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['dev'] }] },
    { matchExpressions: [{ key: 'env', operator: 'DoesNotExist' }] },
  ),
});
// Few and narrow policies give several entries; many and wide ones give one.
const anyPolicies = fc.array(anyPolicy, { maxLength: 3 });
const anyTarget: fc.Arbitrary<RuleTarget> = fc.record({
  group: fc.constantFrom('', 'apps', 'batch', 'other'),
  version: fc.constantFrom('v1', 'v2', 'v3'),
  resource: fc.constantFrom('pods', 'jobs', 'others'),
  subresource: fc.constantFrom('', 'exec', 'scale', 'other'),
  operation: fc.constantFrom('CREATE', 'UPDATE', 'DELETE', 'CONNECT'),
  namespaced: fc.boolean(),
  names: fc.constant(['web']),
});
const anyLabels: fc.Arbitrary<Labels> = fc.dictionary(
  fc.constantFrom('env', 'team'),
  fc.constantFrom('prod', 'dev', 'a'),
  {
    noNullPrototype: true,
  },
);

function covers({ rules, namespaceSelector }: PolicyMatch, target: RuleTarget, labels: Labels): boolean {
  const selector = parseLabelSelector(namespaceSelector);
  return selector.ok && selector.matches(labels) && rules.some((each) => matchesRule(each, target));
}

test('what a policy matches in its namespaces, some entry matches', () => {
  const property = fc.property(anyPolicies, anyTarget, anyLabels, (policies, target, labels) => {
    const wanted = policies.some((policy) => covers(policy, target, labels));
    return !wanted || webhookRules(policies).some((entry) => covers(entry, target, labels));
  });
  expect(() => fc.assert(property, { numRuns: 4000 })).not.toThrow();
});

test('no request matches the rules of two entries', () => {
  const property = fc.property(anyPolicies, anyTarget, (policies, target) => {
    const entries = webhookRules(policies).filter(({ rules }) => rules.some((each) => matchesRule(each, target)));
    return entries.length <= 1;
  });
  expect(() => fc.assert(property, { numRuns: 4000 })).not.toThrow();
});

test('the entries match nothing that no policy matches', () => {
  const property = fc.property(anyPolicies, anyTarget, (policies, target) => {
    const asked = webhookRules(policies).some(({ rules }) => rules.some((each) => matchesRule(each, target)));
    return !asked || policies.some(({ rules }) => rules.some((each) => matchesRule(each, target)));
  });
  expect(() => fc.assert(property, { numRuns: 4000 })).not.toThrow();
});

test('the order of the policies does not matter, nor does one policy twice', () => {
  const property = fc.property(anyPolicies, (policies) => {
    const expected = JSON.stringify(webhookRules(policies));
    return (
      JSON.stringify(webhookRules(policies.toReversed())) === expected &&
      JSON.stringify(webhookRules([...policies, ...policies])) === expected
    );
  });
  expect(() => fc.assert(property, { numRuns: 1000 })).not.toThrow();
});

test('the API server accepts the lists: a wildcard stands alone and covers nothing beside it', () => {
  const property = fc.property(anyPolicies, (policies) =>
    webhookRules(policies)
      .flatMap(({ rules }) => rules)
      .every(({ apiGroups, apiVersions, operations, resources }) => {
        const alone = [apiGroups, apiVersions, operations].every((list) => list.length === 1 || !list.includes('*'));
        const bare = resources.filter((resource) => !resource.includes('/'));
        const pods = resources.filter((resource) => resource.startsWith('pods/'));
        return (
          alone &&
          (resources.length === 1 || !resources.includes('*/*')) &&
          (bare.length === 1 || !bare.includes('*')) &&
          (pods.length === 1 || !pods.includes('pods/*')) &&
          !(resources.includes('*/exec') && resources.includes('pods/exec'))
        );
      }),
  );
  expect(() => fc.assert(property, { numRuns: 1000 })).not.toThrow();
});
