import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import type { ApprovalRequest, ResourceRule } from '../../src/core/api/kinds.ts';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { kubectl, must, mustApply, type Result, runProgram, sallyport } from './harness/kubectl.ts';
import { approve, EXEC_RULE, enforce, exec, policySpec, requests, scene, waitForState } from './harness/scene.ts';

let namespace = '';
let folder = '';
let clusterPolicy = '';

function creation(apiGroup: string, resources: ResourceRule['resources']): ResourceRule {
  return { apiGroups: [apiGroup], apiVersions: ['*'], operations: ['CREATE'], resources };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'request-'));
  ({ namespace } = await scene('ask', [
    EXEC_RULE,
    deploymentRule(['CREATE', 'UPDATE', 'DELETE']),
    creation('', ['services', 'secrets', 'pods']),
    creation('batch', ['jobs']),
  ]));
  clusterPolicy = `${namespace}-bindings`;
  const bindings = creation('rbac.authorization.k8s.io', ['clusterrolebindings']);
  await enforce(clusterPolicy, policySpec('', [{ ...bindings, resourceNames: [clusterPolicy] }]));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await must('admin', ['delete', 'approvalpolicy', namespace, clusterPolicy]);
});

async function file(...objects: readonly object[]): Promise<string> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
  await writeFile(path, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  return path;
}

/** Asks as alice, and returns what was asked for, approved. */
async function approved(args: readonly string[]): Promise<ApprovalRequest> {
  const asked = await sallyport('alice', ['request', '--reason', 'INC-1: beforehand', '-o', 'json', ...args]);
  expect(asked).toMatchObject({ code: 0, stderr: '' });
  const { metadata, spec } = JSON.parse(asked.stdout) as ApprovalRequest;
  expect(spec.reason).toBe('INC-1: beforehand');
  const key = { namespace: metadata.namespace ?? '', name: metadata.name };
  await approve('bob', key);
  return await waitForState(key.namespace, key.name, 'Approved');
}

/** The plain command finds exactly the request that was asked for. */
async function isUsedBy({ metadata }: ApprovalRequest, plain: Promise<Result>): Promise<Result> {
  const result = await plain;
  expect(result.stderr).not.toContain('[sallyport');
  expect(result.code).toBe(0);
  await waitForState(metadata.namespace ?? '', metadata.name, 'Consumed');
  return result;
}

describe('what is asked for beforehand is what the plain command then does', () => {
  test(`${verifies('R12', 'README-request')}exec`, async () => {
    const request = await approved(['exec', 'web-0', '-n', namespace, '--', 'echo', 'by', '--', 'hand']);
    const result = await isUsedBy(request, exec('alice', namespace, 'echo', 'by', '--', 'hand'));
    expect(result.stdout).toBe('by -- hand\n');
  });

  test(`${verifies('R12')}port-forward is asked for with what kubectl sends`, async () => {
    const request = await approved(['port-forward', 'pod/web-0', '-n', namespace]);
    expect(request.spec.action).toMatchObject({ operation: 'CONNECT', subresource: 'portforward' });
  });

  test(`${verifies('R12', 'README-request')}apply of something new, of something that is there, and its deletion`, async () => {
    const shop = deployment(namespace, 'shop') as { spec: object };
    const made = await file(shop);
    const create = await approved(['-f', made]);
    expect(create.spec.action).toMatchObject({ operation: 'CREATE', name: 'shop' });
    await isUsedBy(create, kubectl('alice', ['apply', '-f', made]));

    const changed = await file({ ...shop, spec: { ...shop.spec, replicas: 0 } });
    const update = await approved(['apply', '-f', changed]);
    expect(update.spec.action.changes).toContainEqual({ path: '/spec/replicas', old: '1', new: '0' });
    await isUsedBy(update, kubectl('alice', ['apply', '-f', changed]));

    const remove = await approved(['delete', 'deploy', 'shop', '-n', namespace, '--cascade', 'foreground']);
    await isUsedBy(
      remove,
      kubectl('alice', ['delete', 'deployment/shop', '-n', namespace, '--cascade=foreground', '--wait=false']),
    );
  });

  test(`${verifies('R12')}create and replace; a deletion by file with the plain command's options`, async () => {
    const made = await file(deployment(namespace, 'plain'));
    await isUsedBy(await approved(['create', '-f', made]), kubectl('alice', ['create', '-f', made]));
    const replaced = await file({
      ...deployment(namespace, 'plain'),
      metadata: { name: 'plain', namespace, labels: { a: 'b' } },
    });
    await isUsedBy(await approved(['replace', '-f', replaced]), kubectl('alice', ['replace', '-f', replaced]));
    const deleted = await isUsedBy(await approved(['delete', '-f', made]), kubectl('alice', ['delete', '-f', made]));
    expect(deleted.stdout).toContain('deleted');
  });

  test(`${verifies('R12')}a server-side apply, and what the server draws: an address, a Secret's base64`, async () => {
    const port = { port: 80 };
    const service = await file({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'drawn', namespace },
      spec: { ports: [port], selector: { app: 'web' } },
    });
    await isUsedBy(
      await approved(['-f', service, '--server-side']),
      kubectl('alice', ['apply', '--server-side', '-f', service]),
    );
    const secret = await file({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { generateName: 'token-', namespace },
      stringData: { password: 'hunter2' },
    });
    const request = await approved(['create', '-f', secret]);
    expect(JSON.stringify(request)).not.toMatch(/hunter2|aHVudGVyMg/);
    await isUsedBy(request, kubectl('alice', ['create', '-f', secret]));
  });

  test(`${verifies('R12')}a Pod and a Job, whose names and volumes the server draws`, async () => {
    const container = { name: 'c', image: 'local/busybox:1', imagePullPolicy: 'Never', command: ['sleep', '1'] };
    const spec = { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [container] };
    const pod = await file({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'once', namespace }, spec });
    await isUsedBy(await approved(['-f', pod]), kubectl('alice', ['apply', '-f', pod]));
    const metadata = { generateName: 'drawn-', namespace };
    const named = await file({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'j', namespace },
      spec: { template: { metadata: { labels: { a: 'b' } }, spec } },
    });
    await isUsedBy(await approved(['-f', named]), kubectl('alice', ['apply', '-f', named]));
    const job = await file({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { template: { spec } } });
    const request = await approved(['create', '-f', job]);
    expect(request.spec.action.name).toBeUndefined();
    await isUsedBy(request, kubectl('alice', ['create', '-f', job]));
  });

  test(`${verifies('R12')}what has no namespace is asked for in Sallyport's own`, async () => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'dave' }];
    const metadata = { name: clusterPolicy };
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef,
      subjects,
    };
    const made = await file(binding);
    const request = await approved(['create', '-f', made]);
    expect(request.metadata.namespace).toBe('sallyport-system');
    await isUsedBy(request, kubectl('alice', ['create', '-f', made]));
  });
});

describe('kubectl sallyport request', () => {
  const ask = (...args: readonly string[]) => sallyport('alice', ['request', '-n', namespace, '-r', 'INC-2', ...args]);

  test('says where it stands, joins what is open, and gives that a reason', async () => {
    const denied = await exec('alice', namespace, 'echo', 'joined');
    expect(denied.stderr).toContain('[sallyport code=ApprovalRequired');
    const joined = await ask('exec', 'web-0', '--', 'echo', 'joined');
    expect(joined.code).toBe(0);
    expect(joined.stderr).toContain('asks for the same already\n');
    expect(joined.stdout).toMatch(/ is Pending \(0\/1\); it still needs 1 of group sre\n$/);
    const found = (await requests(namespace)).filter(({ spec }) => spec.action.exec?.command?.[1] === 'joined');
    expect(found.map(({ spec }) => spec.reason)).toEqual(['INC-2']);
    expect(
      (await sallyport('alice', ['request', '-r', 'INC-3', 'exec', 'web-0', '-n', namespace, '--', 'echo', 'joined']))
        .stderr,
    ).toContain('asks for the same already, for another reason: INC-2');
  });

  test('what needs no approval is said, with an exit code of its own', async () => {
    const free = await file({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'free', namespace } });
    const result = await ask('-f', free);
    expect(result).toEqual({
      code: 8,
      stdout: '',
      stderr: 'create on configmaps/free: no policy asks for approval of this\n',
    });
    expect((await kubectl('alice', ['get', 'configmap/free', '-n', namespace])).code).toBe(1);
  });

  test('several documents are several requests; waits for all of them', async () => {
    const both = await file(deployment(namespace, 'a'), deployment(namespace, 'b'));
    const waiting = sallyport('alice', ['request', '-f', both, '-r', 'INC-4', '--wait']);
    const ours = async () => (await requests(namespace)).filter(({ spec }) => spec.reason === 'INC-4');
    await expect.poll(async () => (await ours()).length, { timeout: 20_000 }).toBe(2);
    for (const { metadata } of await ours()) await approve('bob', { namespace, name: metadata.name });
    const { code, stdout } = await waiting;
    expect(code).toBe(0);
    expect(stdout.match(/ is Approved \(1\/1\)/g)).toHaveLength(2);
    await mustApply('alice', deployment(namespace, 'a'), deployment(namespace, 'b'));
  });

  test('dry runs print what would be sent, and ask nobody', async () => {
    const before = await requests(namespace);
    const client = await ask('exec', 'web-0', '--dry-run', 'client', '--', 'id');
    const written = parse(client.stdout) as ApprovalRequest;
    expect(written.spec.action.exec).toMatchObject({ command: ['id'], stdin: false, tty: false });
    expect(written.spec.digest).toBeUndefined();
    const server = await ask('exec', 'web-0', '--dry-run', 'server', '-o', 'json', '--', 'id');
    const stamped = JSON.parse(server.stdout) as ApprovalRequest;
    expect(stamped.spec.digest).toMatch(/^sha256:/);
    expect(stamped.spec.requester?.username).toBe('alice');
    expect(await requests(namespace)).toEqual(before);
  });

  test("what kubectl says of a file stands in the answer; a Secret's change cannot be asked for", async () => {
    const wrong = await ask('-f', join(folder, 'none.yaml'));
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('nothing was asked for, kubectl apply would fail');
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: `kept-${namespace}`, namespace: 'dev' } };
    await mustApply('admin', secret);
    const changed = await file({ ...secret, stringData: { a: 'b' } });
    const change = await sallyport('alice', ['request', '-f', changed, '-r', 'INC-5']);
    expect(change.code).toBe(1);
    expect(change.stderr).toContain('a change of a Secret cannot be asked for beforehand');
  });
});

describe('who has to do something', () => {
  test('list tells the requester and the approvers apart; kubectl completes what they may do', async () => {
    const words = ['-n', namespace, '-r', 'INC-6', '-o', 'name', 'exec', 'web-0', '--', 'echo', 'listed'];
    const asked = await sallyport('alice', ['request', ...words]);
    const name = asked.stdout.trim();
    const lists = async (user: 'alice' | 'bob', flag: string) =>
      (await sallyport(user, ['list', '-n', namespace, flag, '-o', 'name'])).stdout.split('\n').includes(name);
    await expect.poll(() => lists('bob', '--waiting-for-me'), { timeout: 10_000 }).toBe(true);
    expect(await lists('alice', '--waiting-for-me')).toBe(false);
    expect(await lists('alice', '--mine')).toBe(true);
    expect(await lists('bob', '--mine')).toBe(false);

    const { bin, kubeconfigs } = inject('e2e');
    const [, plain = ''] = name.split('/');
    const completed = await runProgram(
      `${bin}/kubectl`,
      ['__complete', 'sallyport', 'approve', '-n', namespace, plain.slice(0, 12)],
      {},
      { PATH: `${bin}:${process.env['PATH'] ?? ''}`, KUBECONFIG: kubeconfigs.bob },
    );
    expect(completed.stdout).toContain(`${plain}\tPending: alice, exec echo listed on pods/web-0 (app)\n`);
    expect(completed.stdout).toContain('\n:4\n');
  });
});
