import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { blocksOf } from '../docs/markdown.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { apply, json, kubectl, must, mustApply, runProgram } from './harness/kubectl.ts';
import { denialCode, EXEC_RULE, enforce, exec, policySpec, scene } from './harness/scene.ts';
import { probe, server } from './harness/server.ts';

/** Where what starts a cluster lives, and where we do. */
const SYSTEM = ['kube-system', 'sallyport-system'] as const;
const FAILED = /failed calling webhook/;

let namespace: string;
let everywhere: string;

type Rule = PolicySpec['match']['resourceRules'][number];
const rule = (group: string, operations: Rule['operations'], resources: Rule['resources']): Rule => ({
  apiGroups: [group],
  apiVersions: ['*'],
  operations,
  resources,
});

/** All that happens when a pod starts, gated for everybody. */
const STARTING: readonly Rule[] = [
  EXEC_RULE,
  rule(
    '',
    ['CREATE', 'UPDATE'],
    ['pods', 'pods/binding', 'pods/status', 'serviceaccounts/token', 'nodes', 'endpoints'],
  ),
  rule('', ['CREATE', 'UPDATE'], ['secrets', 'configmaps', 'serviceaccounts']),
  rule('apps', ['CREATE', 'UPDATE'], ['replicasets', 'replicasets/*', 'deployments/status']),
  rule('discovery.k8s.io', ['CREATE', 'UPDATE'], ['endpointslices']),
];

/** As the chart would run us: a Deployment with a token of its ServiceAccount. There is no image of ours to run. */
const standIn = (place: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'stand-in', namespace: place },
  spec: {
    selector: { matchLabels: { app: 'stand-in' } },
    template: {
      metadata: { labels: { app: 'stand-in' } },
      spec: {
        serviceAccountName: place === 'sallyport-system' ? 'sallyport' : 'default',
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'app',
            image: 'local/busybox:1',
            imagePullPolicy: 'Never',
            command: ['sh', '-c', 'test -s /var/run/secrets/kubernetes.io/serviceaccount/token && exec sleep 3600'],
          },
        ],
      },
    },
  },
});

beforeAll(async () => {
  ({ namespace } = await scene('recovery'));
  everywhere = `${namespace}-everywhere`;
  await mustApply('admin', ...SYSTEM.map(standIn));
  for (const place of SYSTEM)
    await must('admin', ['rollout', 'status', 'deployment/stand-in', '-n', place, '--timeout=60s']);
  await enforce(
    everywhere,
    policySpec('', [...STARTING], (spec) => ({ ...spec, match: { resourceRules: spec.match.resourceRules } })),
  );
}, 120_000);

afterAll(async () => {
  if ((await probe(inject('e2e').place, '/livez')) === 0) await server.start();
  await must('admin', ['delete', 'approvalpolicy', everywhere, namespace, '--ignore-not-found']);
  for (const place of SYSTEM) await must('admin', ['delete', 'deployment/stand-in', '-n', place, '--wait=false']);
});

const podsOf = async (place: string): Promise<string> =>
  await must('admin', ['get', 'pods', '-n', place, '-l', 'app=stand-in', '-o', 'jsonpath={.items[*].metadata.uid}']);

const pod = (place: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'by-hand', namespace: place },
  spec: { containers: [{ name: 'app', image: 'local/busybox:1' }] },
});

test(`${verifies('R32')}a cluster whose Sallyport is down starts pods, ours too, with everything gated that starts one`, {
  timeout: 180_000,
}, async () => {
  await server.kill();
  const heartbeats = () =>
    must('admin', ['get', 'leases', '-n', 'kube-node-lease', '-o', 'jsonpath={.items[*].spec.renewTime}']);
  const before = await heartbeats();
  for (const place of SYSTEM) {
    // People are asked, and nobody answers.
    expect((await apply('admin', pod(place))).stderr).toMatch(FAILED);
    const old = await podsOf(place);
    await must('admin', ['delete', 'pods', '-n', place, '-l', 'app=stand-in', '--force', '--grace-period=0']);
    await achieves('another pod', async () => {
      const now = await podsOf(place);
      expect(now === '' || now === old).toBe(false);
    });
    await must('admin', ['rollout', 'status', 'deployment/stand-in', '-n', place, '--timeout=60s']);
  }
  await achieves('the heartbeats of the nodes', async () => expect(await heartbeats()).not.toBe(before), 25_000);

  const startedAt = performance.now();
  await server.start();
  await achieves('the gate to ask again', async () => {
    expect(denialCode(await exec('alice', namespace, 'true'))).toBe('ApprovalRequired');
  });
  console.log(`asks again ${Math.round(performance.now() - startedAt)} ms after its start`);
});

test('in an emergency the commands of docs/operations.md take the gate away, and it comes back with Sallyport', {
  timeout: 180_000,
}, async () => {
  const page = await readFile(join(repositoryRoot(), 'docs/operations.md'), 'utf8');
  const [commands] = blocksOf(page.slice(page.indexOf('**In an emergency**'))).map(({ text }) => text);
  expect(commands).toContain('sallyport-gate');
  await server.stop();
  expect((await exec('alice', namespace, 'true')).stderr).toMatch(FAILED);
  const { bin, kubeconfigs } = inject('e2e');
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, KUBECONFIG: kubeconfigs.admin };
  const result = await runProgram('sh', ['-ec', commands ?? 'false'], {}, env);
  expect(result.stderr + result.stdout).not.toMatch(/rror/);
  expect(result.code).toBe(0);
  await achieves('nothing to need an approval', async () => {
    expect((await exec('alice', namespace, 'echo', 'open')).stdout).toBe('open\n');
  });

  await server.start();
  await achieves('the gate to ask again', async () => {
    expect(denialCode(await exec('alice', namespace, 'true'))).toBe('ApprovalRequired');
  });
  await achieves('the fence to hold again', async () => {
    const taken = await kubectl('admin', [
      'delete',
      'mutatingwebhookconfiguration',
      'sallyport-own-kinds',
      '--dry-run=server',
    ]);
    expect(taken.stderr).toMatch(/the gate stands on this object/);
  });
  const { items } = await json<{ items: { metadata: { name: string } }[] }>('admin', [
    'get',
    'validatingwebhookconfigurations',
  ]);
  expect(items.map(({ metadata }) => metadata.name)).toEqual(
    expect.arrayContaining(['sallyport-gate', 'sallyport-own-kinds']),
  );
});
