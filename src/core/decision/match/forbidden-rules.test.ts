import { describe, expect, test } from 'vitest';
import { forbiddenRuleProblems } from './forbidden-rules.ts';
import type { ResourceRule } from './resource-rule.ts';

const PATH = 'spec.match.resourceRules[0]';
const base: ResourceRule = { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE'], resources: ['pods'] };

test.each<[string, Partial<ResourceRule>]>([
  ['pods', {}],
  [
    'exec, attach and port-forward',
    { operations: ['CONNECT'], resources: ['pods/exec', 'pods/attach', 'pods/portforward'] },
  ],
  ['every operation by name', { operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] }],
  ['all of apps', { apiGroups: ['apps'], resources: ['*'] }],
  ['all scale subresources', { apiGroups: ['*'], resources: ['*/scale'] }],
  ['a resource in every group', { apiGroups: ['*'], resources: ['deployments'] }],
  ['subresources of pods', { resources: ['pods/*'] }],
  ['nodes and their proxy', { operations: ['CONNECT', 'DELETE'], resources: ['nodes', 'nodes/proxy'] }],
  ['status of apps', { apiGroups: ['apps'], resources: ['*/status'] }],
  ['token creation', { resources: ['serviceaccounts/token'] }],
  ['approval policies (the preset)', { apiGroups: ['sallyport.dev'], resources: ['approvalpolicies'] }],
])('%s may be gated', (_name, rule) => {
  expect(forbiddenRuleProblems({ ...base, ...rule }, PATH)).toEqual([]);
});

describe('R31: refused with the field and the reason', () => {
  test.each<[string, Partial<ResourceRule>, string, RegExp]>([
    ['leases', { apiGroups: ['coordination.k8s.io'], resources: ['leases'] }, 'resources[0]', /leases/],
    [
      'all of coordination.k8s.io',
      { apiGroups: ['coordination.k8s.io'], resources: ['*'] },
      'resources[0]',
      /'\*' matches leases/,
    ],
    ['leases in every group', { apiGroups: ['*'], resources: ['leases'] }, 'resources[0]', /leases/],
    ['everything', { apiGroups: ['*'], resources: ['*'] }, 'resources[0]', /leases/],
    ['everything and subresources', { apiGroups: ['apps'], resources: ['*/*'] }, 'resources[0]', /\*\/\*/],
    ['core events', { resources: ['pods', 'events'] }, 'resources[1]', /events/],
    ['all of the core group', { resources: ['*'] }, 'resources[0]', /events/],
    ['events of events.k8s.io', { apiGroups: ['events.k8s.io'], resources: ['events'] }, 'resources[0]', /events/],
    ['node status', { resources: ['nodes/status'] }, 'resources[0]', /kubelets/],
    ['node status through nodes/*', { resources: ['nodes/*'] }, 'resources[0]', /nodes\/status/],
    ['node status through */status', { resources: ['*/status'] }, 'resources[0]', /nodes\/status/],
    ['token reviews', { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'] }, 'resources[0]', /locks/],
    [
      'self subject reviews',
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
      'resources[0]',
      /locks/,
    ],
    [
      'access reviews',
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'] },
      'resources[0]',
      /locks/,
    ],
    [
      'an access review that is yet to come',
      { apiGroups: ['apps', 'authorization.k8s.io'], resources: ['newreviews'] },
      'resources[0]',
      /authorization/,
    ],
    [
      'access reviews in every group',
      { apiGroups: ['*'], resources: ['localsubjectaccessreviews'] },
      'resources[0]',
      /locks/,
    ],
    ['our requests', { apiGroups: ['sallyport.dev'], resources: ['approvalrequests'] }, 'resources[0]', /approve/],
    [
      'the status of our requests',
      { apiGroups: ['sallyport.dev'], resources: ['approvalrequests/status'] },
      'resources[0]',
      /approve/,
    ],
    ['our votes', { apiGroups: ['sallyport.dev'], resources: ['approvalvotes'] }, 'resources[0]', /approve/],
    ['all of ours', { apiGroups: ['sallyport.dev'], resources: ['*'] }, 'resources[0]', /approve/],
    ['the status of all of ours', { apiGroups: ['sallyport.dev'], resources: ['*/status'] }, 'resources[0]', /approve/],
    [
      'webhook configurations',
      { apiGroups: ['admissionregistration.k8s.io'], resources: ['validatingwebhookconfigurations'] },
      'resources[0]',
      /never calls webhooks/,
    ],
    [
      'admission policies in every group',
      { apiGroups: ['*'], resources: ['validatingadmissionpolicies'] },
      'resources[0]',
      /never calls/,
    ],
    [
      'leases of one name',
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['x'] },
      'resources[0]',
      /leases/,
    ],
    [
      'leases with scope Cluster',
      { apiGroups: ['coordination.k8s.io'], resources: ['*'], scope: 'Cluster' },
      'resources[0]',
      /leases/,
    ],
    ["operation '*'", { operations: ['*'] }, 'operations[0]', /CREATE, UPDATE, DELETE, CONNECT/],
    ['an operation in lower case', { operations: ['CREATE', 'delete'] }, 'operations[1]', /one of/],
    ['a verb', { operations: ['get'] }, 'operations[0]', /one of/],
    ['no groups', { apiGroups: [] }, 'apiGroups', /empty/],
    ['no versions', { apiVersions: [] }, 'apiVersions', /empty/],
    ['no operations', { operations: [] }, 'operations', /empty/],
    ['no resources', { resources: [] }, 'resources', /empty/],
    ["'*' beside a group", { apiGroups: ['apps', '*'] }, 'apiGroups', /alone/],
    ['a kind instead of a resource', { resources: ['Pods'] }, 'resources[0]', /plural/],
    ['an empty resource', { resources: [''] }, 'resources[0]', /plural/],
    ['a resource of three parts', { resources: ['pods/exec/x'] }, 'resources[0]', /plural/],
  ])('%s', (_name, rule, field, message) => {
    expect(forbiddenRuleProblems({ ...base, ...rule }, PATH)).toEqual([
      { path: `${PATH}.${field}`, message: expect.stringMatching(message) },
    ]);
  });
});
