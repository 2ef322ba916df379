import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { ApprovalRequest, PolicySpec } from '../../src/core/api/kinds.ts';
import { WEBHOOK_PATHS } from '../../src/core/api/webhook-paths.ts';
import { admissionReview } from '../builders/admission-review.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { type ApiClient, apiClient } from './harness/api-client.ts';
import { apply, json, kubectl, must, mustApply, sallyport } from './harness/kubectl.ts';
import { leavesTrace, runs } from './harness/ledger-pod.ts';
import { createPathReader } from './harness/configured-paths.ts';
import { rawExec, type Upgraded } from './harness/raw-exec.ts';
import { approve, deniedRequest, EXEC_RULE, exec, policySpec, scene, type Scene } from './harness/scene.ts';
import { probe, server } from './harness/server.ts';
import { startSideProcess } from './harness/side-process.ts';
import { approveByPost, getRequest, listRequests, postApproval } from './harness/votes.ts';
import { WebhookClient } from './harness/webhook-client.ts';

const TRIALS = 6;
/** A review takes some 30 ms from the client's first byte: kills fall before, into and behind both. */
const LATEST_KILL_MS = 60;

let admin: ApiClient;
let alice: ApiClient;
let bob: ApiClient;

beforeAll(async () => {
  [admin, alice, bob] = await Promise.all([apiClient('admin'), apiClient('alice'), apiClient('bob')]);
});

afterAll(() => {
  for (const client of [admin, alice, bob]) client.agent.destroy();
});

type Rule = PolicySpec['match']['resourceRules'][number];

const core = (operations: Rule['operations'], resources: Rule['resources']): Rule => ({
  apiGroups: [''],
  apiVersions: ['v1'],
  operations,
  resources,
});

const deployment = (namespace: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop', namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'shop' } },
    template: {
      metadata: { labels: { app: 'shop' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'shop', image: 'local/busybox:1', imagePullPolicy: 'Never', command: ['sleep', '3600'] }],
      },
    },
  },
});

const secret = (namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'key', namespace },
  stringData: { a: 'b' },
});

const configMap = (namespace: string, name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: {},
});

describe('while Sallyport is stopped', () => {
  let gated: Scene;
  let pending: { readonly namespace: string; readonly name: string };
  const command = leavesTrace('outage');

  beforeAll(async () => {
    gated = await scene('outage', [
      EXEC_RULE,
      core(['CREATE', 'DELETE'], ['pods']),
      core(['CREATE'], ['secrets']),
      { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['replicasets'] },
    ]);
    pending = deniedRequest(await exec('alice', gated.namespace, ...command));
    await server.stop();
  });

  afterAll(async () => {
    if ((await probe(inject('e2e').place, '/livez')) === 0) await server.start();
  });

  test.concurrent.each<[string, () => Promise<{ code: number; stderr: string; stdout: string }>]>([
    ['an exec', () => exec('alice', gated.namespace, ...command)],
    ['an exec by an admin', () => exec('admin', gated.namespace, 'true')],
    ['a write', () => apply('alice', secret(gated.namespace))],
    ['a vote', () => sallyport('bob', ['approve', '-n', pending.namespace, pending.name, '--yes'])],
    [
      'a new policy',
      () =>
        apply('admin', {
          apiVersion: 'sallyport.dev/v1alpha1',
          kind: 'ApprovalPolicy',
          metadata: { name: `${gated.policy}-more` },
          spec: policySpec(gated.namespace, [EXEC_RULE]),
        }),
    ],
    ['the removal of the policy', () => kubectl('admin', ['delete', 'approvalpolicy', gated.policy])],
    [
      'a forged approval',
      () =>
        kubectl('admin', [
          'patch',
          'approvalrequest',
          pending.name,
          '-n',
          pending.namespace,
          '--subresource=status',
          '--type=merge',
          '-p',
          '{"status":{"state":"Approved"}}',
        ]),
    ],
  ])(`${verifies('R1')}%s fails`, async (_, attempt) => {
    const result = await attempt();
    expect(result.code).not.toBe(0);
    // The fence inside the API server stands before the webhook, and does not need us.
    expect(result.stderr + result.stdout).toMatch(/failed calling webhook|is written by Sallyport alone/);
  });

  test.concurrent(`${verifies('R1', 'R32')}what no policy names goes on: other namespaces, other resources, kube-system, nodes, controllers`, async () => {
    const renewed = await nodeHeartbeats();
    expect((await exec('alice', 'dev', 'echo', 'here')).stdout).toBe('here\n');
    expect((await apply('alice', configMap(gated.namespace, 'a'))).code).toBe(0);
    const system = `outage-${Date.now().toString(36)}`;
    await mustApply('admin', configMap('kube-system', system), secret('dev'));
    await must('admin', ['delete', 'configmap', system, '-n', 'kube-system']);
    await must('admin', ['delete', 'secret', 'key', '-n', 'dev']);
    // Pods and ReplicaSets are gated here for everybody; the cluster's controllers are not everybody.
    expect((await apply('alice', deployment(gated.namespace))).code).toBe(0);
    await must('admin', ['rollout', 'status', 'deployment/shop', '-n', gated.namespace, '--timeout=40s']);
    await achieves(
      'the heartbeats of the nodes',
      async () => expect(await nodeHeartbeats()).not.toEqual(renewed),
      20_000,
    );
    const nodes = await must('admin', [
      'get',
      'nodes',
      '-o',
      'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
    ]);
    expect(nodes).toMatch(/^True( True)*$/);
  });

  test(`${verifies('R1', 'R2')}started again, nothing was lost: the pending request is approved and used, once`, async () => {
    await server.start();
    expect((await getRequest(admin, pending.namespace, pending.name)).status?.state).toBe('Pending');
    await approve('bob', pending);
    expect((await exec('alice', gated.namespace, ...command)).stdout).toBe('ran\n');
    expect((await exec('alice', gated.namespace, ...command)).code).not.toBe(0);
    expect(await runs(admin, gated.namespace, 'outage')).toBe(1);
    expect((await getRequest(admin, pending.namespace, pending.name)).status?.uses).toHaveLength(1);
  });
});

describe('killed (SIGKILL) at any moment', () => {
  test(`${verifies('R1', 'R2', 'R40')}while a vote is posted, it counts once or was never cast; while an exec is reviewed, the approval is used once at most, and the command runs no more often (${TRIALS} trials of both)`, {
    timeout: 180_000,
  }, async () => {
    const [{ namespace: voting }, { namespace: using }] = await Promise.all([
      scene('killed-vote'),
      scene('killed-use'),
    ]);
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const mark = `trial-${trial}`;
      const [wanted, approved] = await Promise.all([ask(voting, mark), ask(using, mark)]);
      await approveByPost(bob, 'bob', approved);
      const posted = postApproval(bob, 'bob', wanted).catch((error: Error) => ({ code: 0, body: error.message }));
      const attempt = execute(using, mark);
      await killSometime(trial);
      const [answer] = await Promise.all([posted, attempt]);
      await server.start();
      const cast = await votesCast(wanted);
      expect(cast).toBe(answer.code === 201 ? 1 : 0);
      if (cast === 0) await approveByPost(bob, 'bob', wanted);
      await countsOnce(wanted);
      await ranAtMostOnce(approved, mark);
    }
  });
});

async function votesCast({ metadata }: ApprovalRequest): Promise<number> {
  const votes = await json<{ items: unknown[] }>('admin', ['get', 'approvalvotes', '-n', metadata.namespace ?? '']);
  return votes.items.filter((vote) => JSON.stringify(vote).includes(metadata.uid ?? '-')).length;
}

async function countsOnce({ metadata: { namespace = '', name } }: ApprovalRequest): Promise<void> {
  const approved = await achieves('the vote to count', async () => {
    const current = await getRequest(admin, namespace, name ?? '');
    if (current.status?.state !== 'Approved') throw new Error(`it is ${current.status?.state ?? 'new'}`);
    return current;
  });
  expect(approved.status?.votes).toHaveLength(1);
  expect(approved.status?.approvals).toBe('1/1');
}

/** What was not used before the crash is still there; what was used is gone, even if its command never ran. */
async function ranAtMostOnce(approved: ApprovalRequest, mark: string): Promise<void> {
  const { namespace = '' } = approved.metadata;
  const used = (await usesOf(approved)).length;
  const ran = await runs(admin, namespace, mark);
  expect(ran).toBeLessThanOrEqual(used);
  const again = await execute(namespace, mark);
  expect(again?.kind === 'Allowed').toBe(used === 0);
  expect(await usesOf(approved)).toHaveLength(1);
  expect(await runs(admin, namespace, mark)).toBe(used === 0 ? 1 : ran);
}

describe('without an API server', () => {
  test(`${verifies('R1')}it lives and is not ready; it becomes ready with it, and without it again denies after 10 s`, async () => {
    const { namespace } = await scene('cut');
    const body = JSON.stringify(admissionReview({ namespace, name: 'web-0' }));
    const configured = createPathReader();
    await using side = await startSideProcess();
    const webhook = new WebhookClient('127.0.0.1', side.webhookPort);
    await achieves('the health listener', async () => expect(await probe(side, '/livez')).toBe(200));
    expect(await probe(side, '/readyz')).toBe(503);
    await expect(webhook.post(`${await configured(WEBHOOK_PATHS.connect)}?timeout=10s`, body)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });

    await side.connect();
    await achieves('it to be ready', async () => expect(await probe(side, '/readyz')).toBe(200));
    const before = await webhook.post(`${await configured(WEBHOOK_PATHS.connect)}?timeout=10s`, body);
    expect(before.body).toContain('"allowed":false');

    await side.cut();
    await delay(11_000);
    const after = await webhook.post(`${await configured(WEBHOOK_PATHS.connect)}?timeout=10s`, body);
    expect(after.body).toContain('"allowed":false');
    expect(after.body).toMatch(/code=(NotReady|Unavailable)/);
    const write = await webhook.post(
      `${await configured(WEBHOOK_PATHS.write)}?timeout=10s`,
      JSON.stringify(ungatedWrite()),
    );
    expect(write.body).toContain('"allowed":false');
    expect(write.body).toContain('code=NotReady');
    expect(await probe(side, '/livez')).toBe(200);
    expect(side.running()).toBe(true);

    await side.connect();
    await achieves('it to decide again', async () => {
      const healed = await webhook.post(
        `${await configured(WEBHOOK_PATHS.write)}?timeout=10s`,
        JSON.stringify(ungatedWrite()),
      );
      expect(healed.body).toContain('"allowed":true');
    });
    webhook.close();
  });
});

/** Nothing that any policy names: allowed by whoever is in step with the cluster. */
function ungatedWrite() {
  const config = { group: '', version: 'v1' };
  return admissionReview({
    kind: { ...config, kind: 'ConfigMap' },
    resource: { ...config, resource: 'configmaps' },
    subResource: '',
    namespace: 'dev',
    name: 'a',
    operation: 'CREATE',
    object: configMap('dev', 'a'),
  });
}

/** Opens a request for a command of its own. */
async function ask(namespace: string, mark: string): Promise<ApprovalRequest> {
  const before = new Set((await listRequests(admin, namespace)).map(({ metadata }) => metadata.name));
  const asked = await rawExec(alice, { namespace, pod: 'web-0', command: leavesTrace(mark) }, 'websocket');
  const opened = (await listRequests(admin, namespace)).find(({ metadata }) => !before.has(metadata.name));
  if (opened === undefined) throw new Error(`no request was opened: ${JSON.stringify(asked)}`);
  return opened;
}

function execute(namespace: string, mark: string): Promise<Upgraded | undefined> {
  return rawExec(alice, { namespace, pod: 'web-0', command: leavesTrace(mark) }, 'websocket').catch(() => undefined);
}

async function usesOf(opened: ApprovalRequest) {
  return (await getRequest(admin, opened.metadata.namespace ?? '', opened.metadata.name ?? '')).status?.uses ?? [];
}

/** At random within the trial's share of the time, so that the trials together meet every phase of a review. */
async function killSometime(trial: number): Promise<void> {
  await delay(((trial + Math.random()) / TRIALS) * LATEST_KILL_MS);
  await server.kill();
}

async function nodeHeartbeats(): Promise<string> {
  return await must('admin', ['get', 'leases', '-n', 'kube-node-lease', '-o', 'jsonpath={.items[*].spec.renewTime}']);
}
