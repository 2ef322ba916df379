import { beforeAll, expect, test } from 'vitest';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { json, kubectl, mustApply, type Result } from './harness/kubectl.ts';
import { expectRefused } from './harness/own-kinds.ts';
import {
  approve,
  denialCode,
  deniedRequest,
  enforce,
  EXEC_RULE,
  exec,
  policySpec,
  request,
  requests,
  scene,
} from './harness/scene.ts';

let namespace = '';

beforeAll(async () => {
  ({ namespace } = await scene('dry'));
  // A cluster administrator waits as well; what the tests stand on was made before the policy would have seen it.
  await mustApply('admin', deployment(namespace, 'changed'), deployment(namespace, 'deleted'));
  await enforce(namespace, policySpec(namespace, [EXEC_RULE, deploymentRule(['CREATE', 'UPDATE', 'DELETE'])]));
  await untilGated();
});

/** The API server and Sallyport know the new rules of the policy a moment after it was written. */
async function untilGated(): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { stderr } = await kubectl('alice', ['delete', '-n', namespace, 'deployment/deleted', '--dry-run=server']);
    if (stderr.includes('sallyport')) return;
  }
  throw new Error(`${namespace} is not gated`);
}

/** Gated writes of alice's; `--dry-run=server` may be added. */
const WRITES: Readonly<Record<string, (...more: readonly string[]) => Promise<Result>>> = {
  create: (...more) =>
    kubectl('alice', ['create', 'deployment', 'made', '-n', namespace, '--image=local/busybox:1', ...more]),
  update: (...more) => kubectl('alice', ['set', 'env', '-n', namespace, 'deployment/changed', 'A=B', ...more]),
  delete: (...more) => kubectl('alice', ['delete', '-n', namespace, 'deployment/deleted', ...more]),
};

test.each(Object.keys(WRITES))(
  `${verifies('R44')}%s: a dry run says what would be asked, and asks nobody`,
  async (name) => {
    const run = WRITES[name] as (typeof WRITES)[string];
    const before = await requests(namespace);
    const dry = await run('--dry-run=server');
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain('server dry run');
    expect(dry.stderr).toMatch(
      /Warning: sallyport: .* would need the approval of 1 of group sre; a dry run asks nobody/,
    );
    expect(dry.stderr).toContain(name);
    expect(await requests(namespace)).toEqual(before);
  },
);

test.each(Object.keys(WRITES))(`${verifies('R44')}%s: a dry run uses no approval`, async (name) => {
  const run = WRITES[name] as (typeof WRITES)[string];
  const asked = deniedRequest(await run());
  await approve('bob', asked);
  const approved = await request(namespace, asked.name);
  const dry = await run('--dry-run=server');
  expect(dry.code).toBe(0);
  expect(dry.stderr).toMatch(/Warning: sallyport: .* is approved; this dry run did not use the approval/);
  expect(await request(namespace, asked.name)).toEqual(approved);

  const result = await run();
  expect(result.stderr).not.toContain('sallyport');
  expect(result.code).toBe(0);
  expect((await request(namespace, asked.name)).status?.state).toBe('Consumed');
});

test(`${verifies('R44')}a dry run of nothing gated says nothing`, async () => {
  const dry = await kubectl('alice', ['create', 'configmap', 'free', '-n', namespace, '--dry-run=server']);
  expect(dry).toMatchObject({ code: 0, stderr: '' });
});

test(`${verifies('R44')}exec has no dry run: it waits like any other`, async () => {
  expectRefused(
    await kubectl('alice', ['exec', '-n', namespace, 'web-0', '--dry-run=server', '--', 'true']),
    /unknown flag/,
  );
  const path = `/api/v1/namespaces/${namespace}/pods/web-0/exec?command=true&container=app&stdout=true&stderr=true`;
  const raw = await kubectl('alice', ['create', '--raw', `${path}&dryRun=All`, '-f', '-']);
  expectRefused(raw, /dryRun is not supported/);
  expect(denialCode(await exec('alice', namespace, 'true'))).toBe('ApprovalRequired');
});

test(`${verifies('R44')}a collection of gated objects is not deleted at once`, async () => {
  const before = await json<{ items: unknown[] }>('admin', ['get', 'deployments', '-n', namespace]);
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const result = await kubectl('alice', ['delete', '--raw', path]);
  expectRefused(result, /delete the objects one by one, by name/);
  expect(denialCode(result)).toBe('DeleteCollection');
  const after = await json<{ items: unknown[] }>('admin', ['get', 'deployments', '-n', namespace]);
  expect(after.items).toHaveLength(before.items.length);
});
