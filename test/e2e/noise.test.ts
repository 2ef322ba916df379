import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { type ApiClient, apiClient } from './harness/api-client.ts';
import { apply, json, kubectl, must, type Result } from './harness/kubectl.ts';
import { denialCode, deniedRequest, enforce, EXEC_RULE, policySpec, requests, scene } from './harness/scene.ts';
import { approveByPost, getRequest } from './harness/votes.ts';

type Rule = PolicySpec['match']['resourceRules'][number];

const WRITES: Rule['operations'] = ['CREATE', 'UPDATE', 'DELETE'];

const rule = (group: string, resources: Rule['resources']): Rule => ({
  apiGroups: [group],
  apiVersions: ['*'],
  operations: WRITES,
  resources,
});

/** Everything that the cluster itself writes all day, gated for everybody. */
const BROAD: readonly Rule[] = [
  rule('', ['pods', 'pods/status', 'pods/binding', 'pods/eviction', 'secrets', 'configmaps', 'endpoints', 'services']),
  rule('', ['serviceaccounts', 'namespaces', 'persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas']),
  rule('apps', ['deployments', 'deployments/*', 'replicasets', 'replicasets/*', 'statefulsets', 'controllerrevisions']),
  rule('batch', ['jobs', 'jobs/*', 'cronjobs']),
  rule('discovery.k8s.io', ['endpointslices']),
];

let namespace: string;
let bob: ApiClient;

const podTemplate = (app: string, command: readonly string[], restartPolicy = 'Always') => ({
  metadata: { labels: { app } },
  spec: {
    restartPolicy,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: app, image: 'local/busybox:1', imagePullPolicy: 'Never', command }],
  },
});

const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop', namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'shop' } },
    template: podTemplate('shop', ['sleep', '3600']),
  },
});

const pods = async (app: string): Promise<string[]> => {
  const { items } = await json<{ items: { metadata: { name: string } }[] }>('admin', [
    'get',
    'pods',
    '-n',
    namespace,
    '-l',
    `app=${app}`,
  ]);
  return items.map((pod) => pod.metadata.name).sort();
};

/** Denied, approved by bob, and then done. */
async function withApproval(attempt: () => Promise<Result>): Promise<void> {
  const first = await attempt();
  expect(denialCode(first)).toBe('ApprovalRequired');
  const { namespace: where, name } = deniedRequest(first);
  await approveByPost(bob, 'bob', await getRequest(bob, where, name));
  const second = await attempt();
  expect(second.stderr).not.toContain('sallyport');
  expect(second.code).toBe(0);
}

const gone = (what: string) =>
  achieves(
    `${what} to be gone`,
    async () => expect((await kubectl('admin', ['get', what, '-n', namespace])).stderr).toContain('NotFound'),
    30_000,
  );

beforeAll(async () => {
  bob = await apiClient('bob');
  ({ namespace } = await scene('noise', [EXEC_RULE]));
});

describe('with policies on all that the cluster writes itself', () => {
  beforeAll(async () => {
    await enforce(namespace, policySpec(namespace, [...BROAD]));
  });

  afterAll(async () => {
    await must('admin', ['delete', 'approvalpolicy', namespace]);
    bob.agent.destroy();
  });

  test(`${verifies('R32')}people wait, cluster administrators too`, async () => {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace }, data: {} };
    for (const user of ['alice', 'admin'] as const)
      expect(denialCode(await apply(user, configMap))).toBe('ApprovalRequired');
  });

  test(`${verifies('R32')}a Deployment that was approved rolls out, is scaled, and its pods come back`, async () => {
    await withApproval(() => apply('alice', deployment(1)));
    await must('admin', ['rollout', 'status', 'deployment/shop', '-n', namespace, '--timeout=40s']);
    await withApproval(() => apply('alice', deployment(3)));
    await must('admin', ['rollout', 'status', 'deployment/shop', '-n', namespace, '--timeout=40s']);
    const before = await pods('shop');
    expect(before).toHaveLength(3);
    await withApproval(() => kubectl('alice', ['delete', 'pod', before[0] ?? '', '-n', namespace]));
    await achieves(
      'another pod in its place',
      async () => {
        const now = await pods('shop');
        expect(now).toHaveLength(3);
        expect(now).not.toContain(before[0]);
      },
      30_000,
    );
    await must('admin', ['rollout', 'status', 'deployment/shop', '-n', namespace, '--timeout=40s']);
  });

  test(`${verifies('R32')}a Service that was approved gets its endpoints`, async () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop', namespace },
      spec: { selector: { app: 'shop' }, ports: [{ port: 80 }] },
    };
    await withApproval(() => apply('alice', service));
    await achieves('endpoints in the slice', async () => {
      const ready = await must('admin', [
        'get',
        'endpointslices',
        '-n',
        namespace,
        '-o',
        'jsonpath={.items[*].endpoints[*].addresses[0]}',
      ]);
      expect(ready.split(' ').filter((address) => address !== '')).toHaveLength(3);
    });
  });

  test(`${verifies('R32')}a Job that was approved completes, and the garbage collector takes its pods with it`, async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace },
      spec: { template: podTemplate('once', ['true'], 'Never') },
    };
    await withApproval(() => apply('alice', job));
    await must('admin', ['wait', '--for=condition=Complete', '--timeout=40s', 'job/once', '-n', namespace]);
    const [pod] = await pods('once');
    expect(pod).toBeDefined();
    await withApproval(() => kubectl('alice', ['delete', 'job', 'once', '-n', namespace, '--wait=false']));
    await gone('job/once');
    await gone(`pod/${pod ?? ''}`);
  });

  test(`${verifies('R32')}what a deleted Deployment owned is collected`, async () => {
    await withApproval(() => kubectl('alice', ['delete', 'deployment', 'shop', '-n', namespace, '--wait=false']));
    await achieves('its pods to be gone', async () => expect(await pods('shop')).toEqual([]), 30_000);
    const { items } = await json<{ items: unknown[] }>('admin', ['get', 'replicasets', '-n', namespace]);
    expect(items).toEqual([]);
  });

  test(`${verifies('R32')}none of it asked anybody but for what people did`, async () => {
    const askers = new Set((await requests(namespace)).map(({ spec }) => spec.requester?.username));
    expect(askers).toEqual(new Set(['alice', 'admin']));
  });

  test(`${verifies('R32')}a namespace whose deletion was approved disappears`, async () => {
    await withApproval(() => kubectl('alice', ['delete', 'namespace', namespace, '--wait=false']));
    await achieves(
      'the namespace to be gone',
      async () => expect((await kubectl('admin', ['get', 'namespace', namespace])).stderr).toContain('NotFound'),
      60_000,
    );
  });
});
