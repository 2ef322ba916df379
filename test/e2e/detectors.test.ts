import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { buildVote } from '../../src/core/approval/act.ts';
import type { Alarm } from '../../src/core/evidence/alarm.ts';
import { achieves } from '../harness/achieves.ts';
import { readLedger } from '../harness/ledger-files.ts';
import { type Receiver, startReceiver } from '../harness/receiver.ts';
import { visibleText } from '../harness/slack/seen.ts';
import { verifies } from '../harness/verifies.ts';
import { verifyWebhook } from '../harness/verify-webhook.ts';
import { changedConfig } from './harness/changed-config.ts';
import { gatedActions } from './harness/gated-actions.ts';
import { json, kubectl, must, mustApply } from './harness/kubectl.ts';
import { approve, deniedRequest, EXEC_RULE, exec, request, scene, waitForState } from './harness/scene.ts';
import { server } from './harness/server.ts';
import { type WithSlack, withSlack } from './harness/with-slack.ts';

const ledger = () => readLedger(join(inject('e2e').place.directory, 'ledger'));

async function alarms(namespace: string): Promise<readonly Alarm[]> {
  return (await ledger()).flatMap((record) =>
    record.kind === 'Alarm' && record.data.namespace === namespace ? [record.data] : [],
  );
}

const CREATES = {
  apiGroups: [''],
  apiVersions: ['*'],
  operations: ['CREATE' as const],
  resources: ['configmaps', 'pods/eviction'],
};

/** A policy counts for the detectors when every API server goes by it for sure. */
const SETTLED_MS = 35_000;

describe(`${verifies('R42')}a use of which nothing came`, () => {
  test('is given back when a quota refuses what was approved, and is used when there is room', async () => {
    const { namespace } = await scene('given-back', [CREATES], (spec) => ({ ...spec, wait: { write: '0s' } }));
    // Of the namespace's own ConfigMap (kube-root-ca.crt), and no more. The API server asks about quota behind all webhooks.
    await quota(namespace, 1);
    const create = () => kubectl('alice', ['create', 'configmap', 'one', '-n', namespace]);
    const asked = deniedRequest(await create());
    await approve('bob', asked);
    const { name } = asked;
    const refused = await create();
    expect(refused.stderr).toMatch(/exceeded quota/);
    const back = await achieves(
      'it to be given back',
      async () => {
        const found = await request(namespace, name);
        expect(found.status?.uses).toMatchObject([{ username: 'alice', givenBack: { code: 403 } }]);
        return found;
      },
      60_000,
    );
    expect(back.status?.state).toBe('Approved');
    await achieves('the record of it', async () => {
      const found = (await ledger()).flatMap((record) =>
        record.kind === 'GivenBack' && record.data.request === `${namespace}/${name}` ? [record.data] : [],
      );
      expect(found).toMatchObject([{ decision: back.status?.uses?.[0]?.decision, code: 403 }]);
    });
    await quota(namespace, 5);
    await achieves('it to be used', async () => {
      expect((await create()).code).toBe(0);
    });
    await waitForState(namespace, name, 'Consumed');
    expect((await request(namespace, name)).status?.uses).toHaveLength(2);
  });
});

async function quota(namespace: string, count: number): Promise<void> {
  const hard = { 'count/configmaps': String(count) };
  await mustApply('admin', {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'configmaps', namespace },
    spec: { hard },
  });
  await achieves('the quota to count', async () => {
    const found = await json<{ status?: { hard?: Record<string, string> } }>('admin', [
      'get',
      'resourcequota/configmaps',
      '-n',
      namespace,
    ]);
    expect(found.status?.hard).toEqual(hard);
  });
}

const SECRET = `whsec_${Buffer.from('a key of at least 24 bytes, for tests').toString('base64')}`;

describe('what gets round the gate', () => {
  let receiver: Receiver;
  let world: WithSlack;
  let folder = '';
  beforeAll(async () => {
    receiver = await startReceiver();
    folder = await mkdtemp(join(tmpdir(), 'sallyport-alarms-'));
    const secretFile = join(folder, 'secret');
    await writeFile(secretFile, SECRET, { mode: 0o600 });
    const destinations = [
      { kind: 'Slack', channel: '#prod-access' },
      { kind: 'Webhook', channel: 'siem' },
    ];
    world = await withSlack((config) => ({
      ...config,
      notify: { ...config.notify, webhooks: [{ name: 'siem', url: receiver.url, secretFile }] },
      audit: { ...config.audit, detectors: { notify: destinations } },
    }));
  }, 180_000);
  afterAll(async () => {
    await server.start().catch(() => undefined);
    await world[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }, 180_000);

  /** The alarms that the webhook was told of, by kind. */
  const posted = (type: string): string[] =>
    receiver.received
      .map((one) => verifyWebhook(SECRET, one) as { type: string; data: { notice: { examples: string[] } } })
      .flatMap((event) => (event.type === `dev.sallyport.alarm.${type}` ? event.data.notice.examples : []));

  test('what was approved is no alarm: each gated action is joined with its decision', async () => {
    const { namespace } = await scene('joined', [EXEC_RULE, CREATES]);
    const denied = deniedRequest(await exec('alice', namespace, 'true'));
    await approve('bob', denied);
    expect(await exec('alice', namespace, 'true')).toMatchObject({ code: 0 });
    await delay(30_000);
    const { joined, untold, falsely } = gatedActions(await ledger(), namespace);
    expect(joined.length).toBeGreaterThan(0);
    expect([...untold, ...falsely]).toEqual([]);
    expect(await alarms(namespace)).toEqual([]);
  });

  test(`${verifies('README-alarms')}while the webhook configuration is gone is alarmed within 60 s, and so is who took it away`, async () => {
    const { namespace, policy } = await scene('bypass');
    await delay(SETTLED_MS);
    // The fence first, as who may delete its binding can. The controller puts both back: it does not come to that for a while.
    const began = Date.now();
    const pid = await server.pid();
    process.kill(pid, 'SIGSTOP');
    try {
      await must('admin', ['delete', 'validatingadmissionpolicybinding', 'sallyport-fence']);
      await achieves('the gate to be gone', () =>
        must('admin', ['delete', 'validatingwebhookconfiguration', 'sallyport-gate', '--request-timeout=5s']),
      );
      // API servers go by that a moment later.
      await delay(2_000);
      expect(await exec('alice', namespace, 'echo', 'round')).toMatchObject({ stdout: 'round\n' });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const happened = Date.now();
    const found = await achieves(
      'the alarm',
      async () => {
        const all = (await alarms(namespace)).filter(({ alarm }) => alarm === 'Bypass');
        expect(all).toHaveLength(1);
        return all;
      },
      60_000,
    );
    expect(Date.now() - happened).toBeLessThan(60_000);
    expect(found).toMatchObject([
      {
        alarm: 'Bypass',
        username: 'alice',
        resource: 'pods/exec',
        name: 'web-0',
        evidence: [expect.stringMatching(/^event\//)],
      },
    ]);
    expect(found[0]?.message).toContain(`policy ${policy} asks for approval, and Sallyport was not asked`);
    await achieves('who took it away', async () => {
      const removed = (await ledger()).flatMap((record) =>
        record.kind === 'Alarm' && record.data.alarm === 'GateRemoved' && Date.parse(record.data.at) >= began - 1_000
          ? [`${record.data.username} ${record.data.name}`]
          : [],
      );
      expect(removed).toEqual(expect.arrayContaining(['admin sallyport-fence', 'admin sallyport-gate']));
    });
    const what = `policy ${policy} asks for approval, and Sallyport was not asked`;
    await achieves('people to be told', async () => {
      const [message, ...others] = world.about(what);
      expect(others).toEqual([]);
      expect(visibleText(message?.blocks ?? [])).toContain('Alarm Bypass: an action went round the gate');
      expect(posted('bypass')).toEqual([expect.stringContaining(what)]);
    });
    expect(Date.now() - happened).toBeLessThan(60_000);
    await achieves('the Event', async () => {
      const events = await must('admin', ['get', 'events.events.k8s.io', '-n', 'sallyport-system', '-o', 'json']);
      expect(events).toContain(what);
      const here = await must('admin', ['events', '-n', namespace, '--for', 'pod/web-0', '--types=Warning']);
      expect(here).toContain(what);
    });
    await achieves(
      'people to be told of who took it away',
      async () => {
        const told = posted('gate-removed').join('\n');
        expect(told).toMatch(/admin: delete validatingadmissionpolicybindings.* sallyport-fence/);
        expect(told).toMatch(/admin: delete validatingwebhookconfigurations.* sallyport-gate/);
        expect(world.about('a part of the gate was changed or deleted').length).toBeGreaterThan(0);
      },
      90_000,
    );
    const metrics = await (await fetch(`http://127.0.0.1:${inject('e2e').place.healthPort}/metrics`)).text();
    expect(metrics).toMatch(/sallyport_alarms_total\{alarm="Bypass"\} [1-9]/);
  });
});

describe('[R23] where admission cannot see that a vote is of somebody else', () => {
  let restore: () => Promise<void> = () => Promise.resolve();
  beforeAll(async () => {
    restore = await changedConfig((config) => ({
      ...config,
      identities: { ...config.identities, impersonation: 'Allow' },
    }));
  }, 180_000);
  afterAll(async () => {
    await restore();
  });

  /** A request of alice's, approved by admin in bob's name. */
  async function approvedInHisName(namespace: string): Promise<string> {
    const { name } = deniedRequest(await exec('alice', namespace, 'true'));
    const vote = buildVote(await request(namespace, name), 'bob', 'Approve', undefined);
    const cast = await kubectl('admin', ['create', '-f', '-', '--as=bob', '--as-group=sre'], {
      stdin: JSON.stringify(vote),
    });
    expect(cast.stderr).toBe('');
    await waitForState(namespace, name, 'Approved');
    return name;
  }

  test('the audit log shows it: the request is revoked, and it is alarmed', async () => {
    const { namespace } = await scene('in-their-name');
    const name = await approvedInHisName(namespace);
    const revoked = await achieves(
      'it to be revoked',
      async () => {
        const found = await request(namespace, name);
        expect(found.status?.state).toBe('Revoked');
        return found;
      },
      60_000,
    );
    expect(revoked.status?.conditions?.find(({ type }) => type === 'Revoked')).toMatchObject({
      reason: 'Impersonated',
    });
    expect(await alarms(namespace)).toMatchObject([
      { alarm: 'Impersonation', username: 'admin', resource: 'approvalvotes.sallyport.dev' },
    ]);
    expect((await exec('alice', namespace, 'true')).stdout).toBe('');
  });

  test('what was used before it showed is marked, and is alarmed as well', async () => {
    const { namespace } = await scene('used-in-their-name');
    const name = await approvedInHisName(namespace);
    expect(await exec('alice', namespace, 'true')).toMatchObject({ code: 0 });
    await achieves(
      'the mark',
      async () => {
        const { status } = await request(namespace, name);
        expect(status?.conditions?.find(({ type }) => type === 'Revoked')).toMatchObject({ reason: 'Impersonated' });
        expect(status?.state).toBe('Consumed');
      },
      60_000,
    );
    expect(await alarms(namespace)).toMatchObject([{ alarm: 'Impersonation', username: 'admin' }]);
  });
});
