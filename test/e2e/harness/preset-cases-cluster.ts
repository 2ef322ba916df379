import { expect } from 'vitest';
import { apply, mustApply } from './kubectl.ts';
import { alice, configMap, type PresetCase, TWO } from './preset-deeds.ts';
import { CSR, KIND, POLICY, role, signingRequest } from './preset-objects.ts';

/** Presets about rights, credentials, kinds, policies and agents. */
export const CLUSTER_CASES: Readonly<Record<string, PresetCase>> = {
  'rbac-escalation.yaml': {
    deeds: [
      {
        sentence: 'a ClusterRoleBinding',
        act: alice(() => ['create', 'clusterrolebinding', 'preset-power', '--clusterrole=cluster-admin', '--user=x']),
        approvers: TWO,
        reason: true,
      },
      {
        sentence: 'a RoleBinding to edit',
        act: alice(({ prod }) => ['create', 'rolebinding', 'power', '-n', prod, '--clusterrole=edit', '--user=x']),
        approvers: TWO,
        reason: true,
      },
      {
        sentence: 'a role that may bind',
        act: alice(() => ['create', 'clusterrole', 'preset-power', '--verb=bind', '--resource=clusterroles']),
        approvers: TWO,
        reason: true,
      },
      {
        sentence: 'a role that may exec',
        act: alice(({ prod }) => ['create', 'role', 'power', '-n', prod, '--verb=create', '--resource=pods/exec']),
        approvers: TWO,
        reason: true,
      },
      {
        sentence: 'a role that mints tokens by a wildcard',
        act: ({ prod }) => apply('alice', role(prod, 'minting', { resources: ['*/token'], verbs: ['create'] })),
        approvers: TWO,
        reason: true,
      },
    ],
    free: {
      'a RoleBinding to view': alice(({ prod }) => [
        'create',
        'rolebinding',
        'looking',
        '-n',
        prod,
        '--clusterrole=view',
        '--user=x',
      ]),
      'a role that reads pods': alice(({ prod }) => [
        'create',
        'role',
        'looking',
        '-n',
        prod,
        '--verb=get,list',
        '--resource=pods',
      ]),
    },
  },
  'token-creation.yaml': {
    deeds: [
      {
        sentence: 'a token of a ServiceAccount, in any namespace',
        act: alice(({ other }) => ['create', 'token', 'default', '-n', other]),
        approvers: TWO,
        reason: true,
        again: true,
        done: ({ stdout }) => expect(stdout).toMatch(/^ey/),
      },
      {
        sentence: 'the approval of a client certificate',
        prepare: () => mustApply('admin', signingRequest()),
        act: alice(() => ['certificate', 'approve', CSR]),
        approvers: TWO,
        reason: true,
      },
      {
        sentence: 'a Secret that holds one',
        act: ({ other }) =>
          apply('alice', {
            apiVersion: 'v1',
            kind: 'Secret',
            type: 'kubernetes.io/service-account-token',
            metadata: {
              name: 'long',
              namespace: other,
              annotations: { 'kubernetes.io/service-account.name': 'default' },
            },
          }),
        approvers: TWO,
        reason: true,
      },
    ],
    never: {
      'a token for a week': [
        alice(({ other }) => ['create', 'token', 'default', '-n', other, '--duration=168h']),
        'a token for more than a day is never given out',
      ],
    },
    free: {
      'another Secret': alice(({ other }) => ['create', 'secret', 'generic', 'plain', '-n', other]),
    },
  },
  'webhooks-and-crds.yaml': {
    deeds: [
      {
        sentence: 'a new kind, which pauses',
        act: () => apply('alice', KIND),
        approvers: TWO,
        waits: true,
      },
      {
        sentence: 'the end of a kind, which pauses',
        act: alice(() => ['delete', 'crd', KIND.metadata.name]),
        approvers: TWO,
        waits: true,
      },
    ],
    free: { 'a ConfigMap': configMap('beside-kinds') },
  },
  'zz-policy-changes.yaml': {
    deeds: [
      { sentence: 'a new policy', act: () => apply('alice', POLICY), approvers: ['bob'] },
      {
        sentence: 'the end of a policy',
        act: alice(() => ['delete', 'approvalpolicy', POLICY.metadata.name]),
        approvers: ['carol'],
      },
    ],
    free: { 'a ConfigMap': configMap('beside-policies') },
  },
  'agents.yaml': {
    deeds: [
      {
        sentence: 'a write of an agent',
        act: ({ prod, agent }) => agent(['create', 'configmap', 'of-an-agent', '-n', prod]),
        approvers: ['bob'],
      },
      {
        sentence: 'a command of an agent',
        act: ({ prod, agent }) => agent(['exec', '-n', prod, 'web-0', '--', 'echo', 'agent']),
        approvers: ['carol'],
        again: true,
        done: ({ stdout }) => expect(stdout).toBe('agent\n'),
      },
    ],
    never: {
      'a shell of an agent': [
        ({ prod, agent }) => agent(['exec', '-n', prod, 'web-0', '--', 'sh', '-c', 'id']),
        'an agent runs single commands; no shell',
      ],
      'standard input of an agent': [
        ({ prod, agent }) => agent(['exec', '-i', '-n', prod, 'web-0', '--', 'cat']),
        'an agent runs single commands; no shell',
      ],
      'a token for an agent': [
        ({ prod, agent }) => agent(['create', 'token', 'default', '-n', prod]),
        'an agent never gives out rights, tokens',
      ],
    },
    free: {
      'what an agent reads': ({ prod, agent }) => agent(['get', 'pods', '-n', prod]),
      'the same write of a person': configMap('of-a-person'),
      'the same command of a person': alice(({ prod }) => ['exec', '-n', prod, 'web-0', '--', 'echo', 'agent']),
    },
  },
};
