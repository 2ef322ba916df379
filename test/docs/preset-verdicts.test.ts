import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ApprovalPolicy } from '../../src/core/api/kinds.ts';
import type { Attributes } from '../../src/core/attributes/attributes.ts';
import type { JsonObject } from '../../src/core/attributes/json.ts';
import { createAttributes, deployment, execAttributes, updateAttributes } from '../builders/attributes.ts';
import { as, decideIn, verdict } from '../builders/decision-world.ts';

/** The policies of a preset, as the API server would store them. */
function policiesOf(file: string): ApprovalPolicy[] {
  const text = readFileSync(new URL(`../../examples/policies/${file}`, import.meta.url), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as ApprovalPolicy)
    .filter(({ kind }) => kind === 'ApprovalPolicy')
    .map((policy) => ({ ...policy, metadata: { ...policy.metadata, uid: policy.metadata.name, generation: 1 } }));
}

const ASKS = 'ApprovalRequired NotAsked';
const PASSES = 'NoOpinion NoPolicyMatches';
const NEVER = 'Deny Guardrail';

const created = (resource: string, object: JsonObject, group = '', subresource?: string): Attributes =>
  createAttributes(
    { metadata: { name: 'x', namespace: 'prod' }, ...object },
    { group, resource, kind: 'Any', name: 'x', ...(subresource === undefined ? {} : { subresource }) },
  );

const pod = (spec: JsonObject): Attributes => created('pods', { spec: { containers: [{ name: 'a' }], ...spec } });
/** `kubectl debug x`: what the API server shows is the pod, with its new debug container. */
const debugged = (ephemeral: JsonObject, spec: JsonObject = {}): Attributes => {
  const of = (more: JsonObject): JsonObject => ({
    metadata: { name: 'x', namespace: 'prod', uid: 'u' },
    spec: { containers: [{ name: 'a' }], ...spec, ...more },
  });
  return updateAttributes(of({ ephemeralContainers: [ephemeral] }), of({}), {
    group: '',
    resource: 'pods',
    subresource: 'ephemeralcontainers',
    kind: 'Pod',
    name: 'x',
  });
};
const container = (securityContext: JsonObject): JsonObject => ({ name: 'a', securityContext });
const role = (fields: JsonObject): Attributes => created('clusterroles', fields, 'rbac.authorization.k8s.io');
const rule = (resource: string, verb = 'get'): JsonObject => ({
  rules: [{ apiGroups: [''], resources: [resource], verbs: [verb] }],
});
const bound = (kind: string, name: string): Attributes =>
  created('rolebindings', { roleRef: { kind, name } }, 'rbac.authorization.k8s.io');
const exec = (command: readonly string[], options: JsonObject = {}): Attributes =>
  execAttributes({}, { command: [...command], ...options });

const RETENTION = 'persistentVolumeClaimRetentionPolicy';
const KEEPS: JsonObject = { [RETENTION]: { whenScaled: 'Retain', whenDeleted: 'Retain' } };
const LOSES: JsonObject = { [RETENTION]: { whenScaled: 'Delete', whenDeleted: 'Retain' } };
const ENDS: JsonObject = { [RETENTION]: { whenScaled: 'Retain', whenDeleted: 'Delete' } };
const STATEFUL_SET = { group: 'apps', resource: 'statefulsets', kind: 'StatefulSet', name: 'db' } as const;
const statefulSet = (spec: JsonObject): JsonObject => ({
  metadata: { name: 'db', namespace: 'prod', uid: 'u' },
  spec: { replicas: 3, ...spec },
});
const changed = (from: JsonObject, to: JsonObject): Attributes =>
  updateAttributes(statefulSet(to), statefulSet(from), STATEFUL_SET);

const CASES: Readonly<Record<string, Readonly<Record<string, readonly [Attributes, string]>>>> = {
  'privileged-pods.yaml': {
    'a plain pod': [pod({}), PASSES],
    'a pod with an emptyDir': [pod({ volumes: [{ name: 'a', emptyDir: {} }] }), PASSES],
    'a pod that drops capabilities': [
      pod({ containers: [container({ privileged: false, capabilities: { drop: ['ALL'] } })] }),
      PASSES,
    ],
    'the processes of the node': [pod({ hostPID: true }), ASKS],
    'the network of the node': [pod({ hostNetwork: true }), ASKS],
    'a folder of the node': [pod({ volumes: [{ name: 'a', hostPath: { path: '/' } }] }), ASKS],
    'a privileged container': [pod({ containers: [container({ privileged: true })] }), ASKS],
    'a capability for an init container': [
      pod({ initContainers: [container({ capabilities: { add: ['SYS_ADMIN'] } })] }),
      ASKS,
    ],
    'a container that listens on port 80': [
      pod({ containers: [container({ capabilities: { add: ['NET_BIND_SERVICE'] } })] }),
      PASSES,
    ],
    'a debug container': [debugged({ name: 'd' }), PASSES],
    'a debug container that drops capabilities': [debugged(container({ capabilities: { drop: ['ALL'] } })), PASSES],
    'a privileged debug container': [debugged(container({ privileged: true })), ASKS],
    'a debug container as kubectl debug makes it': [
      debugged(container({ capabilities: { add: ['SYS_PTRACE'] } })),
      PASSES,
    ],
    'such a debug container in a pod with the processes of its node': [
      debugged(container({ capabilities: { add: ['SYS_PTRACE'] } }), { hostPID: true }),
      ASKS,
    ],
    'a debug container with another capability': [
      debugged(container({ capabilities: { add: ['SYS_PTRACE', 'NET_ADMIN'] } })),
      ASKS,
    ],
    'a container that traces others': [
      pod({ containers: [container({ capabilities: { add: ['SYS_PTRACE'] } })] }),
      ASKS,
    ],
    'a debug container in a pod with the processes of its node': [debugged({ name: 'd' }, { hostPID: true }), ASKS],
    'a Deployment that comes to need the node': [
      updateAttributes(deployment({ spec: { template: { spec: { containers: [], hostNetwork: true } } } })),
      ASKS,
    ],
    'a Deployment that does not': [updateAttributes(), PASSES],
    'the scale of a Deployment': [
      updateAttributes(deployment({ spec: { replicas: 3 } }), deployment({ spec: { replicas: 1 } }), {
        subresource: 'scale',
        kind: 'Scale',
      }),
      PASSES,
    ],
    'the binding of a pod': [created('pods', { target: { kind: 'Node', name: 'n' } }, '', 'binding'), PASSES],
    'a Binding': [created('bindings', { target: { kind: 'Node', name: 'n' } }), PASSES],
    'a CronJob': [
      created('cronjobs', { spec: { jobTemplate: { spec: { template: { spec: { hostIPC: true } } } } } }, 'batch'),
      ASKS,
    ],
  },
  'rbac-escalation.yaml': {
    'a role without rules': [role({ rules: null }), PASSES],
    'a role that reads pods': [role(rule('pods')), PASSES],
    'a role for a URL': [role({ rules: [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }] }), PASSES],
    'a role that reads Secrets': [role(rule('secrets')), ASKS],
    'a role that impersonates': [role(rule('users', 'impersonate')), ASKS],
    'a role that impersonates in part': [role(rule('users', 'impersonate:user-info')), ASKS],
    'a role that impersonates for one verb': [role(rule('pods', 'impersonate-on:user-info:get')), ASKS],
    'a role that mints tokens by a wildcard': [role(rule('*/token', 'create')), ASKS],
    'a role that attaches by a wildcard': [role(rule('*/attach', 'create')), ASKS],
    'a role that debugs by a wildcard': [role(rule('*/ephemeralcontainers', 'patch')), ASKS],
    'a role that reaches the kubelets by a wildcard': [role(rule('*/proxy')), ASKS],
    'a role that execs by a wildcard': [role(rule('*/exec', 'create')), ASKS],
    'a role that scales whatever can be scaled': [role(rule('*/scale', 'update')), PASSES],
    'a role for everything': [role(rule('*')), ASKS],
    'a role that writes admission policies': [role(rule('validatingadmissionpolicybindings', 'delete')), ASKS],
    'a role that gathers others': [role({ aggregationRule: { clusterRoleSelectors: [] }, rules: null }), ASKS],
    'a role that is added to edit': [
      role({ metadata: { name: 'x', labels: { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } }, rules: [] }),
      ASKS,
    ],
    'a binding to view': [bound('ClusterRole', 'view'), PASSES],
    'a binding to a Role of the namespace': [bound('Role', 'anything'), PASSES],
    'a binding to a ClusterRole that nobody knows': [bound('ClusterRole', 'unknown'), ASKS],
  },
  'destructive-deletes.yaml': {
    'a new StatefulSet': [createAttributes(statefulSet(KEEPS), STATEFUL_SET), PASSES],
    'a new StatefulSet that deletes its volumes': [createAttributes(statefulSet(LOSES), STATEFUL_SET), ASKS],
    'a StatefulSet that comes to delete its volumes when it is scaled': [changed(KEEPS, LOSES), ASKS],
    'a StatefulSet that comes to delete its volumes with itself': [changed({}, ENDS), ASKS],
    'a StatefulSet that deletes them at the other end as well': [
      changed(LOSES, { [RETENTION]: { whenScaled: 'Delete', whenDeleted: 'Delete' } }),
      ASKS,
    ],
    'a StatefulSet that keeps its volumes again': [changed(LOSES, KEEPS), PASSES],
    'another change of one that deletes them already': [changed(LOSES, { ...LOSES, replicas: 4 }), PASSES],
    'ordinals that move up': [changed({}, { ordinals: { start: 100 } }), ASKS],
    'ordinals that move back': [changed({ ordinals: { start: 100 } }, {}), ASKS],
    'ordinals that stay': [changed({ ordinals: { start: 0 } }, { ordinals: {} }), PASSES],
    'fewer replicas': [changed(KEEPS, { ...KEEPS, replicas: 1 }), PASSES],
    'no replicas': [changed(KEEPS, { ...KEEPS, replicas: 0 }), ASKS],
    'the scale of a StatefulSet': [
      updateAttributes(statefulSet({ replicas: 1 }), statefulSet({}), {
        ...STATEFUL_SET,
        subresource: 'scale',
        kind: 'Scale',
      }),
      PASSES,
    ],
    'the scale of a StatefulSet, to nothing': [
      updateAttributes(statefulSet({ replicas: 0 }), statefulSet({}), {
        ...STATEFUL_SET,
        subresource: 'scale',
        kind: 'Scale',
      }),
      ASKS,
    ],
    'the end of a finished Job': [
      updateAttributes(
        { metadata: { name: 'x', namespace: 'prod', uid: 'u' }, spec: { ttlSecondsAfterFinished: 0 } },
        { metadata: { name: 'x', namespace: 'prod', uid: 'u' }, spec: {} },
        { group: 'batch', resource: 'jobs', kind: 'Job', name: 'x' },
      ),
      PASSES,
    ],
  },
  'token-creation.yaml': {
    'a token': [created('serviceaccounts', { spec: { expirationSeconds: 3600 } }, '', 'token'), ASKS],
    'a token of the default length': [created('serviceaccounts', { spec: {} }, '', 'token'), ASKS],
    'a token for a month': [created('serviceaccounts', { spec: { expirationSeconds: 2_592_000 } }, '', 'token'), NEVER],
    'a Secret': [created('secrets', { type: 'Opaque' }), PASSES],
    'a Secret that holds a token': [created('secrets', { type: 'kubernetes.io/service-account-token' }), ASKS],
  },
  'secrets.yaml': {
    'a Secret': [created('secrets', { type: 'Opaque' }), ASKS],
    'a record of Helm': [created('secrets', { type: 'helm.sh/release.v1' }), PASSES],
  },
  'agents.yaml': {
    'a command of a person': [exec(['ls']), PASSES],
    'a command of an agent': [{ ...exec(['ls']), user: as('a', ['system:serviceaccounts:agents']) }, ASKS],
    'a shell of an agent': [{ ...exec(['/bin/bash', '-c', 'ls']), user: as('a', ['agents']) }, NEVER],
    'a role of an agent': [{ ...role(rule('pods')), user: as('a', ['agents']) }, NEVER],
  },
};

describe.each(Object.entries(CASES))('examples/policies/%s', (file, cases) => {
  test.each(Object.entries(cases))('%s', (_, [attributes, expected]) => {
    expect(verdict(decideIn({ policies: policiesOf(file) }, attributes))).toBe(expected);
  });
});

describe('examples/policies/production-shell.yaml', () => {
  const policies = policiesOf('production-shell.yaml');
  test.each<[string, Attributes, readonly string[]]>([
    ['a command', exec(['ls', '-l']), ['production-commands']],
    ['a word that ends like a shell', exec(['ls', 'trash', '/etc/flash']), ['production-commands']],
    ['a shell', exec(['/bin/sh', '-c', 'ls']), ['production-commands', 'production-shells']],
    ['a shell behind env', exec(['env', 'bash']), ['production-commands', 'production-shells']],
    ['standard input', exec(['cat'], { stdin: true }), ['production-commands', 'production-shells']],
    ['a terminal', exec(['ls'], { tty: true }), ['production-commands', 'production-shells']],
  ])('%s', (_, attributes, expected) => {
    const decision = decideIn({ policies }, attributes);
    if (decision.verdict !== 'ApprovalRequired') throw new Error(verdict(decision));
    expect(decision.gated.policies.map(({ name }) => name)).toEqual(expected);
  });
});
