import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { type ApiClient, apiClient } from './harness/api-client.ts';
import { approvedAfter, pendingRequest } from './harness/approved-after.ts';
import { apply, kubectl, sallyport } from './harness/kubectl.ts';
import { approve, denialCode, EXEC_RULE, exec, requests, scene } from './harness/scene.ts';

const waits =
  (wait: NonNullable<PolicySpec['wait']>) =>
  (spec: PolicySpec): PolicySpec => ({ ...spec, wait });

let bob: ApiClient;

beforeAll(async () => {
  bob = await apiClient('bob');
});

afterAll(() => bob.agent.destroy());

describe('[README-waiting] a plain command pauses and goes on by itself', () => {
  test.concurrent.each([5, 35, 50])('kubectl exec, approved after %i s', async (seconds) => {
    const { namespace } = await scene('held', [EXEC_RULE], waits({ connect: '55s' }));
    const { result, latencyMs } = await approvedAfter(
      seconds,
      namespace,
      bob,
      exec('alice', namespace, 'echo', 'hello'),
    );
    console.info(`exec approved after ${seconds} s came back ${latencyMs} ms after bob's vote`);
    expect(result).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(await requests(namespace)).toHaveLength(1);
  });

  test.concurrent('kubectl apply and delete', async () => {
    const rules = [
      {
        apiGroups: [''],
        apiVersions: ['*'],
        operations: ['CREATE' as const, 'DELETE' as const],
        resources: ['configmaps'],
      },
    ];
    const { namespace } = await scene('written', rules, waits({ write: '2m' }));
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: { a: '1' } };
    const applied = await approvedAfter(4, namespace, bob, apply('alice', object));
    console.info(`apply came back ${applied.latencyMs} ms after bob's vote`);
    expect(applied.result).toMatchObject({ code: 0, stdout: 'configmap/settings created\n' });

    const removing = kubectl('alice', ['delete', '-n', namespace, 'configmap/settings']);
    const name = await pendingRequest(namespace);
    await approve('bob', { namespace, name });
    expect(await removing).toMatchObject({ code: 0 });
  });

  test.concurrent('a denial comes at once', async () => {
    const { namespace } = await scene('refused', [EXEC_RULE], waits({ connect: '55s' }));
    const command = exec('alice', namespace, 'true');
    const name = await pendingRequest(namespace);
    const started = Date.now();
    expect(await sallyport('bob', ['deny', '-n', namespace, name, '-r', 'not today'])).toMatchObject({ code: 0 });
    const result = await command;
    expect(denialCode(result)).toBe('Denied');
    expect(result.stderr).toContain('not today');
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test.concurrent('a caller who gave up uses nothing', async () => {
    const { namespace } = await scene('gone', [EXEC_RULE], waits({ connect: '55s' }));
    await kubectl('alice', ['exec', '-n', namespace, 'web-0', '--', 'true'], { timeout: 2_000 });
    const [pending] = await requests(namespace);
    await approve('bob', { namespace, name: pending?.metadata.name ?? '' });
    await delay(2_000);
    expect((await requests(namespace)).map((request) => request.status?.state)).toEqual(['Approved']);
  });

  test.concurrent('a program does not wait unless it is named', async () => {
    const { namespace } = await scene(
      'robot',
      [EXEC_RULE],
      waits({ connect: '55s', subjects: [{ kind: 'Group', name: 'sre' }] }),
    );
    const started = Date.now();
    expect(denialCode(await exec('alice', namespace, 'true'))).toBe('ApprovalRequired');
    expect(Date.now() - started).toBeLessThan(10_000);
  });
});
