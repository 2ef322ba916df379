import { expect } from 'vitest';
import { deployment } from './deployment.ts';
import { apply, kubectl, must, mustApply, type Result, type RunOptions, type User } from './kubectl.ts';

/** Where the presets are tried. */
export interface PresetPlace {
  /** Labelled env=prod, with a pod web-0. */
  readonly prod: string;
  /** Without that label, with a pod web-0. */
  readonly other: string;
  readonly node: string;
  /** kubectl as a ServiceAccount of the namespace agents. */
  readonly agent: (args: readonly string[], options?: RunOptions) => Promise<Result>;
}

type Act = (place: PresetPlace) => Promise<Result>;

export interface Deed {
  readonly sentence: string;
  readonly act: Act;
  readonly approvers: readonly ('bob' | 'carol')[];
  /** The policy asks for a reason. */
  readonly reason?: true;
  /** The caller's own command pauses until it is approved. */
  readonly waits?: true;
  /** Nothing is stored, so that the same may be tried again: it asks anew. */
  readonly again?: true;
  readonly prepare?: (place: PresetPlace) => Promise<unknown>;
  readonly done?: (result: Result) => void;
}

export interface PresetCase {
  readonly deeds: readonly Deed[];
  /** Refused by a guardrail, with its words. */
  readonly never?: Readonly<Record<string, readonly [Act, string]>>;
  /** Neighbouring actions that nobody is asked for. */
  readonly free: Readonly<Record<string, Act>>;
}

const as =
  (user: User, args: (place: PresetPlace) => readonly string[], options: RunOptions = {}): Act =>
  (place) =>
    kubectl(user, args(place), options);
const alice = (args: (place: PresetPlace) => readonly string[], options: RunOptions = {}): Act =>
  as('alice', args, options);

const TWO = ['bob', 'carol'] as const;

const KIND = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.presets.example.com' },
  spec: {
    group: 'presets.example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', listKind: 'WidgetList', plural: 'widgets', singular: 'widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

/** A policy that matches nothing of anybody's. */
const POLICY = {
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'ApprovalPolicy',
  metadata: { name: 'preset-new-policy' },
  spec: {
    match: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['CONNECT'], resources: ['pods/exec'] }],
      namespaceSelector: { matchLabels: { nowhere: 'at-all' } },
    },
    approval: { stages: [{ name: 'sre', approvers: [{ kind: 'Group', name: 'sre' }] }] },
  },
};

function pod(namespace: string, name: string, more: object): object {
  const container = { name: 'app', image: 'local/busybox:1', imagePullPolicy: 'Never', command: ['sleep', '60'] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { terminationGracePeriodSeconds: 0, containers: [container], ...more },
  };
}

function privileged(workload: object): object {
  const object = structuredClone(workload) as {
    spec: { replicas: number; template: { spec: { containers: { securityContext?: object }[] } } };
  };
  object.spec.replicas = 0;
  for (const container of object.spec.template.spec.containers) container.securityContext = { privileged: true };
  return object;
}

const configMap = (name: string): Act => alice(({ prod }) => ['create', 'configmap', name, '-n', prod]);

/** What a preset of examples/policies asks for, and what it leaves alone. */
export const PRESET_CASES: Readonly<Record<string, PresetCase>> = {
  'production-shell.yaml': {
    deeds: [
      {
        sentence: 'a command, which pauses',
        act: alice(({ prod }) => ['exec', '-n', prod, 'web-0', '--', 'echo', 'preset']),
        approvers: ['bob'],
        waits: true,
        again: true,
        done: ({ stdout }) => expect(stdout).toBe('preset\n'),
      },
      {
        sentence: 'a shell',
        act: alice(({ prod }) => ['exec', '-i', '-n', prod, 'web-0', '--', 'sh'], { stdin: 'echo typed\n' }),
        approvers: TWO,
        reason: true,
        again: true,
        done: ({ stdout }) => expect(stdout).toBe('typed\n'),
      },
    ],
    never: {
      'the token of the pod': [
        alice(({ prod }) => [
          'exec',
          '-n',
          prod,
          'web-0',
          '--',
          'cat',
          '/var/run/secrets/kubernetes.io/serviceaccount/token',
        ]),
        'the token of a ServiceAccount is never read by hand',
      ],
    },
    free: {
      'its logs': alice(({ prod }) => ['logs', '-n', prod, 'web-0']),
      'a shell elsewhere': alice(({ other }) => ['exec', '-i', '-n', other, 'web-0', '--', 'sh', '-c', 'true']),
    },
  },
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
  'secrets.yaml': {
    deeds: [
      {
        sentence: 'a new Secret, which pauses',
        act: alice(({ prod }) => ['create', 'secret', 'generic', 'made', '-n', prod, '--from-literal=a=b']),
        approvers: ['bob'],
        waits: true,
      },
      {
        sentence: 'its deletion',
        act: alice(({ prod }) => ['delete', 'secret', 'made', '-n', prod]),
        approvers: ['carol'],
        waits: true,
      },
    ],
    free: {
      'a ConfigMap': configMap('beside-secrets'),
      'a Secret elsewhere': alice(({ other }) => ['create', 'secret', 'generic', 'free', '-n', other]),
    },
  },
  'destructive-deletes.yaml': {
    deeds: [
      {
        sentence: 'scaling to nothing, which pauses',
        prepare: ({ prod }) => mustApply('admin', deployment(prod)),
        act: alice(({ prod }) => ['scale', 'deployment/shop', '-n', prod, '--replicas=0']),
        approvers: ['bob'],
        waits: true,
      },
      {
        sentence: 'a deletion, which pauses',
        act: alice(({ prod }) => ['delete', 'deployment/shop', '-n', prod]),
        approvers: ['carol'],
        waits: true,
      },
    ],
    never: {
      'what bears the label': [
        async ({ prod }) => {
          await must('admin', ['create', 'service', 'clusterip', 'kept', '--tcp=80', '-n', prod]);
          await must('admin', ['label', 'service/kept', 'do-not-delete=', '-n', prod]);
          return await kubectl('alice', ['delete', 'service/kept', '-n', prod]);
        },
        'it bears the label do-not-delete',
      ],
    },
    free: {
      'a new image': async ({ prod }) => {
        await mustApply('admin', deployment(prod));
        return await kubectl('alice', ['set', 'image', 'deployment/shop', '-n', prod, '*=local/busybox:2']);
      },
      'more replicas': alice(({ prod }) => ['scale', 'deployment/shop', '-n', prod, '--replicas=2']),
      'a ConfigMap': async (place) => {
        await configMap('soon-gone')(place);
        return await kubectl('alice', ['delete', 'configmap/soon-gone', '-n', place.prod]);
      },
    },
  },
  'node-and-service-proxy.yaml': {
    deeds: [
      {
        sentence: 'the kubelet of a node',
        act: alice(({ node }) => ['get', '--raw', `/api/v1/nodes/${node}/proxy/healthz`]),
        approvers: TWO,
        reason: true,
        again: true,
        done: ({ stdout }) => expect(stdout).toBe('ok'),
      },
      {
        sentence: 'the port of a pod',
        act: alice(({ prod }) => ['get', '--raw', `/api/v1/namespaces/${prod}/pods/web-0:8080/proxy/etc/hostname`]),
        approvers: ['bob'],
        again: true,
      },
    ],
    free: {
      'the node itself': alice(({ node }) => ['get', 'node', node]),
      'the port of a pod elsewhere': alice(({ other }) => [
        'get',
        '--raw',
        `/api/v1/namespaces/${other}/pods/web-0:8080/proxy/etc/hostname`,
      ]),
    },
  },
  'privileged-pods.yaml': {
    deeds: [
      {
        sentence: 'a pod in the namespaces of its node, which pauses',
        act: ({ prod }) => apply('alice', pod(prod, 'reaching', { hostPID: true })),
        approvers: TWO,
        waits: true,
      },
      {
        sentence: 'a workload with a privileged container, which pauses',
        act: ({ prod }) => apply('alice', privileged(deployment(prod, 'reaching'))),
        approvers: TWO,
        waits: true,
      },
    ],
    free: {
      'another pod': ({ prod }) => apply('alice', pod(prod, 'plain', {})),
      'another workload': ({ prod }) => apply('alice', deployment(prod, 'plain')),
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
  'policy-changes.yaml': {
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
