import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../../test/builders/approval-policy.ts';
import { ALICE, createAttributes, deployment, updateAttributes } from '../../../../test/builders/attributes.ts';
import { as, decideIn, gatedOf, verdict } from '../../../../test/builders/decision-world.ts';
import type { ApprovalPolicy, PolicySpec, ResourceRule } from '../../api/kinds.ts';
import type { Attributes } from '../../attributes/attributes.ts';
import type { JsonObject } from '../../attributes/json.ts';

type Operations = ResourceRule['operations'];
const rule = (operations: Operations, resources: string[], apiGroups = ['']): ResourceRule => ({
  apiGroups,
  apiVersions: ['*'],
  operations,
  resources,
});

function policy(rules: ResourceRule[], match: Partial<PolicySpec['match']> = {}): ApprovalPolicy {
  return approvalPolicy({ match: { resourceRules: rules, ...match } }, 'p');
}

const IN_PROD = { namespaceSelector: { matchLabels: { env: 'prod' } } };
const OF_DB = { objectSelector: { matchLabels: { app: 'db' } } };

/** An UPDATE of something that has a uid, before and after. */
function update(target: Partial<Attributes>, oldObject: JsonObject, object: JsonObject): Attributes {
  const metadata = (of: JsonObject) => ({ uid: 'u', name: 'x', ...(of['metadata'] as JsonObject | undefined) });
  return updateAttributes(
    { ...object, metadata: metadata(object) },
    { ...oldObject, metadata: metadata(oldObject) },
    { name: 'x', ...target },
  );
}

const NAMESPACE: Partial<Attributes> = { group: '', resource: 'namespaces', kind: 'Namespace', namespace: 'x' };
const POD: Partial<Attributes> = { group: '', resource: 'pods', kind: 'Pod' };
const labels = (of: JsonObject): JsonObject => ({ metadata: { labels: of } });
const relabelled = (target: Partial<Attributes>, before: JsonObject, after: JsonObject) =>
  update(target, labels(before), labels(after));
const meta = (target: Partial<Attributes>, before: JsonObject, after: JsonObject) =>
  update(target, { metadata: before }, { metadata: after });
const replicas = (target: Partial<Attributes>, before: number, after: number | undefined) =>
  update(target, { spec: { replicas: before } }, { spec: after === undefined ? {} : { replicas: after } });
const virtual = (resource: string, subresource: string | undefined, group = ''): Attributes =>
  createAttributes(
    { apiVersion: 'v1', kind: 'Any', metadata: { name: 'x', labels: { app: 'not-the-pod' } } },
    { group, resource, name: 'x', ...(subresource === undefined ? {} : { subresource }) },
  );

const EXEC = rule(['CONNECT'], ['pods/exec']);
const DELETE_PODS = rule(['DELETE'], ['pods']);
const DELETE_DEPLOYMENTS = rule(['DELETE'], ['deployments'], ['apps']);
const UPDATE_DEPLOYMENTS = rule(['UPDATE'], ['deployments'], ['apps']);
const SCALE: Partial<Attributes> = { subresource: 'scale', kind: 'Scale' };
const OWNER = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'gone' };

describe('[R33] is asked for, and says why', () => {
  const asked: Record<string, readonly [ApprovalPolicy, Attributes, string]> = {
    'a namespace that loses the label of the selector': [
      policy([EXEC], IN_PROD),
      relabelled(NAMESPACE, { env: 'prod' }, {}),
      'leaving its namespaceSelector',
    ],
    'one that gets another value, through its status': [
      policy([EXEC], IN_PROD),
      relabelled({ ...NAMESPACE, subresource: 'status' }, { env: 'prod' }, { env: 'dev' }),
      'leaving its namespaceSelector',
    ],
    'one that gets the label that takes it out': [
      policy([EXEC], { namespaceSelector: { matchExpressions: [{ key: 'open', operator: 'DoesNotExist' }] } }),
      relabelled(NAMESPACE, {}, { open: '' }),
      'leaving its namespaceSelector',
    ],
    'a pod that leaves the selector of an exec policy': [
      policy([EXEC], OF_DB),
      relabelled(POD, { app: 'db' }, { app: 'web' }),
      'leaving its objectSelector',
    ],
    'a pod that leaves it through its status': [
      policy([rule(['CONNECT'], ['*/exec'])], OF_DB),
      relabelled({ ...POD, subresource: 'status' }, { app: 'db' }, {}),
      'leaving its objectSelector',
    ],
    'a Deployment that leaves the selector before its deletion': [
      policy([DELETE_DEPLOYMENTS], OF_DB),
      relabelled({}, { app: 'db' }, {}),
      'leaving its objectSelector',
    ],
    'an eviction where deleting pods is gated': [
      policy([DELETE_PODS]),
      virtual('pods', 'eviction'),
      'an eviction deletes',
    ],
    'an eviction of who knows which pod': [
      policy([DELETE_PODS], OF_DB),
      virtual('pods', 'eviction'),
      'an eviction deletes',
    ],
    'a new owner': [
      policy([DELETE_DEPLOYMENTS]),
      meta({}, {}, { ownerReferences: [OWNER] }),
      'a new ownerReference can delete it',
    ],
    'an owner that is not the one it was': [
      policy([DELETE_DEPLOYMENTS]),
      meta({}, { ownerReferences: [{ ...OWNER, kind: 'Secret' }] }, { ownerReferences: [OWNER] }),
      'a new ownerReference can delete it',
    ],
    'a finalizer that goes': [
      policy([DELETE_DEPLOYMENTS]),
      meta({}, { finalizers: ['a', 'b'] }, { finalizers: ['a'] }),
      'removing finalizers ends a deletion',
    ],
    'the finalizer of a namespace': [
      policy([rule(['DELETE'], ['namespaces'])]),
      update({ ...NAMESPACE, subresource: 'finalize' }, { spec: { finalizers: ['kubernetes'] } }, { spec: {} }),
      'removing finalizers ends a deletion',
    ],
    'a finalizer of what a condition on deletions is about': [
      policy([DELETE_DEPLOYMENTS], {
        matchConditions: [
          { name: 'kept', expression: "request.operation == 'DELETE' && oldObject.metadata.name == 'x'" },
        ],
      }),
      meta({}, { finalizers: ['a'] }, {}),
      'removing finalizers ends a deletion',
    ],
    'a deadline where deleting pods is gated': [
      policy([rule(['DELETE'], ['pods'])]),
      update({ resource: 'pods', group: '' }, { spec: {} }, { spec: { activeDeadlineSeconds: 1 } }),
      'a deadline ends it',
    ],
    'a scale to nothing where deleting is gated': [
      policy([DELETE_DEPLOYMENTS]),
      replicas(SCALE, 2, undefined),
      'scaling to nothing',
    ],
    'no replicas where deleting is gated': [policy([DELETE_DEPLOYMENTS]), replicas({}, 2, 0), 'scaling to nothing'],
    'any scale where changing is gated': [policy([UPDATE_DEPLOYMENTS]), replicas(SCALE, 2, 3), 'a change of its scale'],
    'the scale of a custom resource': [
      policy([rule(['UPDATE'], ['*'], ['example.com'])]),
      replicas({ ...SCALE, group: 'example.com', resource: 'webs' }, 2, 3),
      'a change of its scale',
    ],
    'a resize where changing pods is gated': [
      policy([rule(['UPDATE'], ['pods'])]),
      update({ ...POD, subresource: 'resize' }, { spec: { a: 1 } }, { spec: { a: 2 } }),
      'a change of its pods',
    ],
    'a debug container where exec is gated': [
      policy([EXEC], OF_DB),
      update(
        { ...POD, subresource: 'ephemeralcontainers' },
        { ...labels({ app: 'db' }) },
        { ...labels({ app: 'db' }), spec: {} },
      ),
      'a debug container leads into the pod',
    ],
    'a binding where creating pods is gated': [
      policy([rule(['CREATE'], ['pods'])], OF_DB),
      virtual('pods', 'binding'),
      'a binding starts a pod',
    ],
    'a Binding where creating pods is gated': [
      policy([rule(['CREATE'], ['pods'])], OF_DB),
      virtual('bindings', undefined),
      'a binding starts a pod',
    ],
    'the approval of a CSR': [
      policy([rule(['CREATE'], ['certificatesigningrequests'], ['certificates.k8s.io'])]),
      update(
        { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', subresource: 'approval' },
        { status: {} },
        { status: { conditions: [{ type: 'Approved' }] } },
      ),
      'it issues the certificate',
    ],
    'a token where creating Secrets of some name is gated': [
      policy([{ ...rule(['CREATE'], ['secrets']), resourceNames: ['token'] }]),
      virtual('serviceaccounts', 'token'),
      'a token without a Secret',
    ],
    'a token where creating ServiceAccounts is gated': [
      policy([rule(['CREATE'], ['serviceaccounts'])]),
      virtual('serviceaccounts', 'token'),
      'a token of a ServiceAccount',
    ],
  };
  test.each(Object.entries(asked))('%s', (_, [gating, attributes, why]) => {
    const gated = gatedOf(attributes, [gating]);
    expect(gated.summary.action).toBe(`${attributes.operation.toLowerCase()} (policy p: ${why})`);
    expect(gated.policies.map(({ name }) => name)).toEqual(['p']);
  });
});

describe('passes, for it leads round nothing', () => {
  const passes: Record<string, readonly [ApprovalPolicy, Attributes]> = {
    'another label of the namespace': [
      policy([EXEC], IN_PROD),
      relabelled(NAMESPACE, { env: 'prod' }, { env: 'prod', team: 'a' }),
    ],
    'a namespace that comes under the policy': [policy([EXEC], IN_PROD), relabelled(NAMESPACE, {}, { env: 'prod' })],
    'a namespace that never was under it': [policy([EXEC], IN_PROD), relabelled(NAMESPACE, { env: 'a' }, { env: 'b' })],
    'labels of a namespace where the policy selects none': [policy([EXEC]), relabelled(NAMESPACE, { env: 'prod' }, {})],
    'labels of a namespace that is selected by its name': [
      policy([EXEC], { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'x' } } }),
      relabelled(NAMESPACE, { 'kubernetes.io/metadata.name': 'x', a: 'b' }, { 'kubernetes.io/metadata.name': 'x' }),
    ],
    'another label of the pod': [policy([EXEC], OF_DB), relabelled(POD, { app: 'db' }, { app: 'db', a: 'b' })],
    'a pod of another name': [policy([{ ...DELETE_PODS, resourceNames: ['y'] }]), virtual('pods', 'eviction')],
    'an image where only deleting is gated': [
      policy([DELETE_DEPLOYMENTS]),
      updateAttributes(deployment({ spec: { replicas: 1, template: { spec: { image: 'web:2' } } } })),
    ],
    'fewer replicas where only deleting is gated': [policy([DELETE_DEPLOYMENTS]), replicas(SCALE, 3, 1)],
    'a new finalizer': [policy([DELETE_DEPLOYMENTS]), meta({}, {}, { finalizers: ['a'] })],
    'an owner that becomes the controller': [
      policy([DELETE_DEPLOYMENTS]),
      meta({}, { ownerReferences: [OWNER] }, { ownerReferences: [{ ...OWNER, controller: true }] }),
    ],
    'a finalizer of what a condition on deletions leaves out': [
      policy([DELETE_DEPLOYMENTS], {
        matchConditions: [{ name: 'kept', expression: "oldObject.metadata.name == 'y'" }],
      }),
      meta({}, { finalizers: ['a'] }, {}),
    ],
    'an eviction outside the namespaces': [
      policy([DELETE_PODS], { namespaceSelector: { matchLabels: { env: 'dev' } } }),
      virtual('pods', 'eviction'),
    ],
    'an eviction by who is excluded': [
      policy([DELETE_PODS], { excludeSubjects: [{ kind: 'User', name: ALICE.username }] }),
      virtual('pods', 'eviction'),
    ],
    'a token where changing Secrets is gated': [
      policy([rule(['UPDATE', 'DELETE'], ['secrets'])]),
      virtual('serviceaccounts', 'token'),
    ],
    'the kubelet': [
      policy([DELETE_PODS]),
      { ...virtual('pods', 'eviction'), user: as('system:node:n', ['system:nodes']) },
    ],
    'what the policy names itself, and leaves out by a condition': [
      policy([DELETE_PODS, rule(['CREATE'], ['pods/eviction'])], {
        matchConditions: [{ name: 'not', expression: "request.subResource != 'eviction'" }],
      }),
      virtual('pods', 'eviction'),
    ],
  };
  test.each(Object.entries(passes))('%s', (_, [gating, attributes]) => {
    expect(decideIn({ policies: [gating] }, attributes).verdict).toBe('NoOpinion');
  });
});

test('[R1] what leads round a policy that is not ready is denied with it', () => {
  const gating = approvalPolicy({ masking: {}, match: { resourceRules: [DELETE_PODS] } }, 'p');
  expect(verdict(decideIn({ policies: [gating] }, virtual('pods', 'eviction')))).toBe('Deny PolicyNotReady');
});

test('an action that several policies ask for names those that it leads round', () => {
  const named = approvalPolicy({ match: { resourceRules: [rule(['UPDATE'], ['namespaces'])] } }, 'named');
  const gated = gatedOf(relabelled(NAMESPACE, { env: 'prod' }, {}), [named, policy([EXEC], IN_PROD)]);
  expect(gated.policies.map(({ name }) => name)).toEqual(['named', 'p']);
  expect(gated.summary.action).toBe('update (policy p: leaving its namespaceSelector)');
});
