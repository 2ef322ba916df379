import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { WEBHOOK_PATHS } from '../../src/core/api/webhook-paths.ts';
import { clusterPaths } from '../../tools/cluster/paths.ts';
import { admissionReview } from '../builders/admission-review.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { changedConfig } from './harness/changed-config.ts';
import { createPathReader, pathOf } from './harness/configured-paths.ts';
import { must } from './harness/kubectl.ts';
import { approve, deniedRequest, exec, requests, scene } from './harness/scene.ts';
import { server } from './harness/server.ts';
import { WebhookClient } from './harness/webhook-client.ts';

let namespace: string;
let webhook: WebhookClient;

beforeAll(async () => {
  ({ namespace } = await scene('callers'));
  webhook = new WebhookClient(inject('e2e').webhookHost, inject('e2e').webhookPort);
});

afterAll(async () => {
  webhook.close();
  await must('admin', ['delete', 'approvalpolicy', namespace]);
  await must('admin', ['delete', 'namespace', namespace, '--wait=false']);
});

const forged = () => JSON.stringify(admissionReview({ namespace, name: 'web-0' }));
const logFile = () => join(inject('e2e').place.directory, 'sallyport.log');

async function pathsBegin(pattern: RegExp): Promise<void> {
  await achieves(`paths like ${pattern.source}`, async () => {
    for (const name of ['sallyport-own-kinds', 'sallyport-gate'] as const) {
      const path = await pathOf(name);
      if (!pattern.test(path)) throw new Error(`the path of ${name} is another`);
    }
  });
}

describe('somebody who reaches the port but is not the API server', () => {
  test.each([
    ['without a secret', WEBHOOK_PATHS.connect],
    ['with a secret that is wrong', `/${'0'.repeat(64)}${WEBHOOK_PATHS.connect}`],
  ])(`${verifies('R50')}gets a 404 with nothing in it, and opens no request, %s`, async (_, path) => {
    const before = await requests(namespace);
    const answer = await webhook.post(`${path}?timeout=10s`, forged());
    expect([answer.code, answer.body]).toEqual([404, '']);
    expect(await requests(namespace)).toHaveLength(before.length);
  });

  test(`${verifies('R50')}cannot read the secret in the log, and developers and approvers cannot read the configurations`, async () => {
    const secret = (await pathOf('sallyport-own-kinds')).split('/')[1] ?? '';
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(await readFile(logFile(), 'utf8')).not.toContain(secret);
    for (const user of ['alice', 'bob'] as const) {
      await expect(must(user, ['get', 'validatingwebhookconfiguration', 'sallyport-own-kinds'])).rejects.toThrow(
        'Forbidden',
      );
    }
  });
});

test(`${verifies('R50')}a new leader changes the secret; execs are decided all the while`, {
  timeout: 120_000,
}, async () => {
  const old = (await pathOf('sallyport-own-kinds')).split('/')[1] ?? '';
  await server.stop();
  await server.start();
  const changed = async () => expect(await pathOf('sallyport-own-kinds')).not.toContain(old);
  const end = Date.now() + 60_000;
  for (;;) {
    const result = await exec('alice', namespace, 'true');
    expect(result.stderr).toContain('code=ApprovalRequired');
    const done = await changed().then(
      () => true,
      () => false,
    );
    if (done) break;
    if (Date.now() > end) await changed();
  }
  expect((await exec('alice', namespace, 'true')).stderr).toContain('code=ApprovalRequired');
  await achieves(
    'the old secret to count no more',
    async () => {
      const answer = await webhook.post(`/${old}${WEBHOOK_PATHS.validateOwnKinds}?timeout=5s`, forged());
      expect([answer.code, answer.body]).toEqual([404, '']);
    },
    75_000,
  );
});

describe('with the certificate of the API server', () => {
  let restore = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const ours = {
      clientAuthority: join(clusterPaths(inject('e2e').clusterDirectory).pki, 'webhook-ca.crt'),
      clientNames: ['kube-apiserver-webhook'],
    };
    restore = await changedConfig((config) => ({ ...config, webhook: { ...config.webhook, ...ours } }));
    await pathsBegin(/^\/(own-kinds|gate)\//);
  }, 60_000);

  afterAll(async () => {
    await restore();
    await pathsBegin(/^\/[0-9a-f]{64}\//);
  }, 60_000);

  test(`${verifies('R50')}the API server is answered: an exec is asked for, approved and used`, async () => {
    const opened = await achieves('an answer', async () =>
      deniedRequest(await exec('alice', namespace, 'echo', 'by certificate')),
    );
    await approve('bob', opened);
    expect((await exec('alice', namespace, 'echo', 'by certificate')).stdout).toBe('by certificate\n');
  });

  test(`${verifies('R50')}whoever has none gets a 404 with nothing in it`, async () => {
    const answer = await webhook.post(`${await createPathReader()(WEBHOOK_PATHS.connect)}?timeout=10s`, forged());
    expect([answer.code, answer.body]).toEqual([404, '']);
  });
});
