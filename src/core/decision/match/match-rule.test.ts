import { expect, test } from 'vitest';
import { matchesRule, type RuleTarget } from './match-rule.ts';
import type { ResourceRule } from './resource-rule.ts';

const anyRule: ResourceRule = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] };
const pod: RuleTarget = {
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  operation: 'CREATE',
  namespaced: true,
  names: ['web-0'],
};
const exec = { ...pod, subresource: 'exec', operation: 'CONNECT' };
const namespace = { ...pod, resource: 'namespaces', namespaced: false, names: ['prod'] };

test.each<[string, Partial<ResourceRule>, Partial<RuleTarget>, boolean]>([
  ["'pods' matches pods", { resources: ['pods'] }, pod, true],
  ["'pods' does not match their subresources", { resources: ['pods'] }, exec, false],
  ["'pods/exec' matches that subresource", { resources: ['pods/exec'] }, exec, true],
  ["'pods/exec' does not match pods", { resources: ['pods/exec'] }, pod, false],
  ["'*' matches all resources", { resources: ['*'] }, pod, true],
  ["'*' does not match subresources", { resources: ['*'] }, exec, false],
  ["'pods/*' matches all subresources of pods", { resources: ['pods/*'] }, exec, true],
  ["'pods/*' matches pods too, as the API server's code does", { resources: ['pods/*'] }, pod, true],
  [
    "'pods/*' does not match services",
    { resources: ['pods/*'] },
    { resource: 'services', subresource: 'proxy' },
    false,
  ],
  ["'*/exec' matches exec of everything", { resources: ['*/exec'] }, exec, true],
  ["'*/scale' does not match exec", { resources: ['*/scale'] }, exec, false],
  ["'*/scale' does not match the resource itself", { resources: ['*/scale'] }, pod, false],
  ["'*/*' matches resources", { resources: ['*/*'] }, pod, true],
  ["'*/*' matches subresources", { resources: ['*/*'] }, exec, true],
  ['one resource of several is enough', { resources: ['pods/attach', 'pods/exec'] }, exec, true],
  ['no resource matches nothing', { resources: [] }, pod, false],
  ['another group does not match', { apiGroups: ['apps'] }, pod, false],
  ["the core group is ''", { apiGroups: [''] }, pod, true],
  ['a listed version matches', { apiVersions: ['v1beta1', 'v1'] }, pod, true],
  ['another version does not match', { apiVersions: ['v2'] }, pod, false],
  ['a listed operation matches', { operations: ['UPDATE', 'CREATE'] }, pod, true],
  ['another operation does not match', { operations: ['DELETE'] }, pod, false],
  ["operation '*' matches CONNECT", { resources: ['pods/exec'], operations: ['*'] }, exec, true],
  ['scope Namespaced matches pods', { scope: 'Namespaced' }, pod, true],
  ['scope Namespaced does not match a namespace', { scope: 'Namespaced' }, namespace, false],
  ['scope Cluster matches a namespace', { scope: 'Cluster' }, namespace, true],
  ['scope Cluster does not match pods', { scope: 'Cluster' }, pod, false],
  ["scope '*' matches both", { scope: '*' }, namespace, true],
  ['empty resourceNames allow every name', { resourceNames: [] }, pod, true],
  ['a listed name matches', { resourceNames: ['web-1', 'web-0'] }, pod, true],
  ['another name does not match', { resourceNames: ['web-1'] }, pod, false],
  [
    'the name of the old object counts (deletecollection)',
    { resourceNames: ['web-1'] },
    { names: ['', 'web-1'] },
    true,
  ],
  ['without a name, resourceNames match nothing', { resourceNames: [''] }, { names: ['', ''] }, false],
])('%s', (_name, rule, target, matches) => {
  expect(matchesRule({ ...anyRule, ...rule }, { ...pod, ...target })).toBe(matches);
});
