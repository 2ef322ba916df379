import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { AuditEvent } from '../../src/core/evidence/audit-event.ts';
import { eventKey } from '../../src/core/evidence/event-key.ts';
import type { EvidenceRecord } from '../../src/core/evidence/evidence-record.ts';
import type { RecordList } from '../../src/core/evidence/record-object.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { achieves } from '../harness/achieves.ts';
import { readLedger, timesEach } from '../harness/ledger-files.ts';
import { verifies } from '../harness/verifies.ts';
import { type ApiClient, apiClient, call } from './harness/api-client.ts';
import { type Apart, startApart } from './harness/apart.ts';
import { gatedActions } from './harness/gated-actions.ts';
import { json, kubectl, must, mustApply } from './harness/kubectl.ts';
import { approve, deniedRequest, EXEC_RULE, exec, request, requests, scene, waitForState } from './harness/scene.ts';

const run = promisify(execFile);

/** Room for the longest record, without which nothing is let through, and for some eight more. */
const SPOOL_BYTES = (64 + 8) * 1024;

const CREATES = {
  apiGroups: [''],
  apiVersions: ['*'],
  operations: ['CREATE' as const],
  resources: ['configmaps'],
};

let apart: Apart;
let alice: ApiClient;

beforeAll(async () => {
  apart = await startApart({ recorder: { spoolBytes: SPOOL_BYTES } });
  alice = await apiClient('alice');
  // The new leader has taken over, and API servers go by its fence.
  await achieves('a policy to be enforced', () => scene('apart-begins'), 120_000);
});

afterAll(async () => {
  alice.agent.destroy();
  await apart[Symbol.asyncDispose]();
});

const gated = (name: string) =>
  scene(name, [EXEC_RULE, CREATES], (spec) => ({ ...spec, wait: { connect: '0s', write: '0s' } }));

/** alice makes a ConfigMap of that name. */
const create = (namespace: string, name: string) =>
  call(alice, 'POST', `/api/v1/namespaces/${namespace}/configmaps`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
  });

/** As `create`, refused because it has to be approved: a replica that is behind for a moment says NotReady first. */
const asks = (namespace: string, name: string) =>
  achieves('it to be asked for', async () => expect((await create(namespace, name)).code).toBe(403));

const ledger = (): Promise<readonly EvidenceRecord[]> => readLedger(apart.ledger);

/** Decisions in a namespace: those of the webhook's log, and how often each stands in the ledger. */
async function decisionsOf(namespace: string): Promise<Readonly<Record<string, number>>> {
  const lines = (await apart.webhookLog()).split('\n').filter((line) => line.includes('"msg":"decision"'));
  const decided = lines
    .map((line) => JSON.parse(line) as { decision: string; namespace?: string })
    .filter((line) => line.namespace === namespace)
    .map(({ decision }) => decision);
  expect(decided.length).toBeGreaterThan(0);
  const recorded = (await ledger()).flatMap((record) => (record.kind === 'Decision' ? [record.data.id] : []));
  return timesEach(decided, recorded);
}

/** Of the API server's own log, which it writes before anything else. */
async function eventsInLog(namespace: string): Promise<readonly string[]> {
  const text = await readFile(inject('e2e').auditLog ?? '', 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n');
  return lines
    .filter((line) => line.includes(`/namespaces/${namespace}/configmaps`))
    .map((line) => eventKey(JSON.parse(line) as AuditEvent));
}

async function whole(): Promise<unknown> {
  const verify = [join(repositoryRoot(), 'src/bin/sallyport.ts'), 'audit', 'verify', apart.ledger, '-o', 'json'];
  return JSON.parse((await run(process.execPath, verify)).stdout) as unknown;
}

describe('the role audit in a process of its own, as deploy/apart installs it', () => {
  test(`${verifies('README-audit')}has the decision of the webhook and the event of the API server, joined, and shows both to who may read them`, async () => {
    const { namespace } = await gated('apart');
    const asked = deniedRequest(await exec('alice', namespace, 'echo', 'hello'));
    const reference = `${asked.namespace}/${asked.name}`;
    await approve('bob', asked);
    expect((await exec('alice', namespace, 'echo', 'hello')).stdout).toBe('hello\n');
    const used = await waitForState(asked.namespace, asked.name, 'Consumed');
    const decision = used.status?.uses?.[0]?.decision;

    await achieves('the use to be joined with its event', async () => {
      const records = await ledger();
      const { joined, untold, falsely } = gatedActions(records, namespace);
      expect(joined.map((each) => each.decision)).toContain(decision);
      expect([...untold, ...falsely]).toEqual([]);
      expect(records.filter(({ kind, data }) => kind === 'Decision' && data.id === decision)).toHaveLength(1);
    });
    const found = await achieves('all of it to be found by kubectl', async () => {
      const { items } = await json<RecordList>('bob', ['get', 'records', '-n', namespace]);
      const words = items.map(({ entry }) => `${entry.kind} ${entry.outcome}`);
      expect(words).toEqual(
        expect.arrayContaining(['Decision Asked', 'Vote Approve', 'Decision Allowed', 'Use Used', 'Request Consumed']),
      );
      return items;
    });
    expect(new Set(found.map(({ entry }) => entry.request).filter((each) => each !== undefined))).toEqual(
      new Set([reference]),
    );
    const refused = await kubectl('alice', ['get', 'records', '-n', namespace]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/forbidden/i);
  });

  test(`${verifies('R42')}gives back a use of which nothing came, with its own identity, and tells alarms as Events`, async () => {
    const { namespace } = await gated('apart-back');
    // Of the namespace's own ConfigMap, and no more.
    await mustApply('admin', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'configmaps', namespace },
      spec: { hard: { 'count/configmaps': '1' } },
    });
    await achieves('the quota to count', async () => {
      expect(
        await must('admin', ['get', 'resourcequota/configmaps', '-n', namespace, '-o', 'jsonpath={.status.hard}']),
      ).toContain('1');
    });
    await asks(namespace, 'one');
    const [asked] = await requests(namespace);
    const name = asked?.metadata.name ?? '';
    await approve('bob', { namespace, name });
    await achieves('the quota to refuse it', async () => {
      expect((await create(namespace, 'one')).body).toContain('exceeded quota');
    });
    await achieves(
      'it to be given back',
      async () => {
        const { status } = await request(namespace, name);
        expect(status).toMatchObject({ state: 'Approved', uses: [{ username: 'alice', givenBack: { code: 403 } }] });
      },
      60_000,
    );
    await must('admin', ['delete', 'validatingadmissionpolicybinding', 'sallyport-own-kinds']);
    await achieves(
      'who took a piece of the fence away to be told',
      async () => {
        const { items } = await json<{ items: { reason: string; reportingInstance?: string }[] }>('admin', [
          'get',
          'events.events.k8s.io',
          '-n',
          'sallyport-system',
        ]);
        const ours = items.filter(({ reportingInstance = '' }) => reportingInstance.startsWith('sallyport-audit-0-'));
        expect(ours.map(({ reason }) => reason)).toContain('GateRemoved');
      },
      60_000,
    );
  });

  test('killed and started again it has lost nothing, and nothing twice', async () => {
    const { namespace } = await gated('apart-killed');
    for (let number = 1; number <= 60; number += 1) {
      if (number === 20 || number === 40) await apart.killAudit();
      expect([403, 503]).toContain((await create(namespace, `mark-${number % 3}`)).code);
      // The second time when it runs again: the kubelet waits ten seconds then.
      await delay(number < 40 ? 300 : 50);
    }
    await achieves(
      'each decision and each event to be there',
      async () => {
        const { lost, once, doubled } = await decisionsOf(namespace);
        expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 });
        expect(once).toBeGreaterThan(40);
        const wanted = await eventsInLog(namespace);
        expect(wanted.length).toBeGreaterThanOrEqual(60);
        const found = (await ledger()).flatMap((record) =>
          record.kind === 'AuditEvent' ? [eventKey(record.data)] : [],
        );
        expect(timesEach(wanted, found)).toEqual({ lost: 0, once: wanted.length, doubled: 0 });
      },
      // The API server tries again after 10, 15 and 22 s.
      90_000,
    );
    expect(await apart.auditRestarts()).toBeGreaterThanOrEqual(2);
    expect(await whole()).toMatchObject({ whole: true, findings: [] });
  });

  test(`${verifies('README-ledger')}away, with the spool full, it stops what needs approval, and nothing is spent; back again it goes on`, async () => {
    const { namespace } = await gated('apart-away');
    await asks(namespace, 'wanted');
    const [asked] = await requests(namespace);
    const name = asked?.metadata.name ?? '';
    await approve('bob', { namespace, name });
    await apart.stopAudit();
    await achieves('the spool to be full', async () => {
      await asks(namespace, 'refused');
      expect(await apart.webhookMetric('sallyport_spool_free_bytes')).toBeLessThan(64 * 1024);
    });
    await achieves('it to be refused', async () => {
      const refused = await create(namespace, 'wanted');
      expect(refused.code).toBe(503);
      expect(refused.body).toMatch(/NOT executed.*\[sallyport code=Unrecorded .*retry=true/);
    });
    expect((await request(namespace, name)).status).toMatchObject({ state: 'Approved' });
    await apart.startAudit();
    await achieves(
      'it to go through',
      async () => {
        expect((await create(namespace, 'wanted')).code).toBe(201);
      },
      60_000,
    );
    await waitForState(namespace, name, 'Consumed');
    await achieves(
      'each decision to be there, that which was not recorded at once among them',
      async () => {
        const { lost, doubled } = await decisionsOf(namespace);
        expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 });
      },
      60_000,
    );
    const verdicts = (await ledger()).flatMap(({ kind, data }) =>
      kind === 'Decision' && data.namespace === namespace && data.name === 'wanted' ? [data.code] : [],
    );
    expect(verdicts).toEqual(expect.arrayContaining(['ApprovalRequired', 'Unrecorded', 'Approved']));
    expect(await whole()).toMatchObject({ whole: true, findings: [] });
  });
});
