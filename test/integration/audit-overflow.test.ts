import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/core/evidence/audit-event.ts';
import type { DecisionRecord } from '../../src/core/evidence/decision-record.ts';
import type { AuditReceiverFiles } from '../../tools/cluster/audit-webhook.ts';
import { decisionRecord } from '../builders/decision-record.ts';
import { detectorsWorld } from '../builders/detectors.ts';
import { achieves } from '../harness/achieves.ts';
import { type RunningReceiver, startReceiver } from '../harness/audit-receiver.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import { readLedger } from '../harness/ledger-files.ts';
import { testCertificates } from '../harness/test-certificates.ts';

const RECEIVER_PORT = 18_995;
const PORT_BASE = 18_990;
const POLICY = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, verbs: [create], resources: [{group: "", resources: [configmaps]}]}
- {level: None}
`;
/** So little room that it overflows in seconds: by default it takes 10,000 events, and sends ten batches a second. */
const FLAGS = [
  '--audit-webhook-batch-buffer-size=10',
  '--audit-webhook-batch-max-size=5',
  '--audit-webhook-batch-max-wait=500ms',
  '--audit-webhook-batch-throttle-qps=2',
  '--audit-webhook-batch-throttle-burst=2',
  '--audit-webhook-initial-backoff=1s',
];
const LOSS_MS = 5_000;

const [TLS] = testCertificates('nobody');
let directory = '';
let plane: ControlPlane;
let receiver: RunningReceiver | undefined;
let files: AuditReceiverFiles;
/** What our stand-in for the gate let through. */
const decisions: DecisionRecord[] = [];

/** Lets everything through, as what was approved, and says by which decision, as the gate does. */
const gate = createServer({ cert: TLS.cert, key: TLS.key }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { request: asked } = JSON.parse(Buffer.concat(chunks).toString()) as {
      request: { uid: string; name: string; namespace: string; userInfo: { username: string } };
    };
    decisions.push(
      decisionRecord({
        id: asked.uid,
        at: new Date().toISOString(),
        user: { username: asked.userInfo.username },
        operation: 'CREATE',
        resource: 'configmaps',
        namespace: asked.namespace,
        name: asked.name,
      }),
    );
    const answer = { uid: asked.uid, allowed: true, auditAnnotations: { decision: asked.uid } };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }));
  });
});

async function up(): Promise<void> {
  receiver = await startReceiver(directory, {
    host: '127.0.0.1',
    port: RECEIVER_PORT,
    certificate: await readFile(files.certificateFile, 'utf8'),
    key: await readFile(files.keyFile, 'utf8'),
    clientAuthority: await readFile(files.clientAuthority, 'utf8'),
    clientName: files.clientName,
  });
}

async function down(): Promise<void> {
  await receiver?.[Symbol.asyncDispose]();
  receiver = undefined;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'audit-overflow-'));
  plane = await startControlPlane(PORT_BASE, {
    port: RECEIVER_PORT,
    mode: 'batch',
    flags: FLAGS,
    policy: POLICY,
    beforeStart: async (made) => {
      files = made;
    },
  });
  await up();
  await new Promise<void>((resolve) => {
    gate.listen(0, '127.0.0.1', resolve);
  });
  await plane.admin.create('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'stand-in' },
    webhooks: [
      {
        name: 'write.gate.sallyport.dev',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        clientConfig: {
          url: `https://127.0.0.1:${(gate.address() as AddressInfo).port}/`,
          caBundle: Buffer.from(TLS.ca).toString('base64'),
        },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      },
    ],
  });
});

afterAll(async () => {
  await down();
  gate.close();
  gate.closeAllConnections();
  await plane[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const create = (name: string) =>
  plane.admin.create('/api/v1/namespaces/default/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
  });

async function events(): Promise<readonly AuditEvent[]> {
  const records = await readLedger(directory);
  return records.flatMap((record) => (record.kind === 'AuditEvent' ? [record.data] : []));
}

const namesOf = (found: readonly AuditEvent[]) => found.flatMap(({ objectRef }) => objectRef?.name ?? []);

test('[F16] what an API server drops, its buffer being full, is alarmed as lost, and nothing else is', async () => {
  await achieves('the gate to be asked, and its decision to stand in the event', async () => {
    await create(`before-${decisions.length}-${Date.now().toString(36)}`);
    expect(decisions.length).toBeGreaterThan(0);
    expect((await events()).some(({ annotations }) => annotations?.['write.gate.sallyport.dev/decision'])).toBe(true);
  });
  await down();
  for (let batch = 0; batch < 10; batch += 1)
    await Promise.all(Array.from({ length: 20 }, (_, number) => create(`outage-${batch * 20 + number}`)));
  await up();
  await delay(LOSS_MS + 1_000);
  await create('after-1');
  await achieves('what was not dropped to have come', async () => {
    expect(namesOf(await events())).toContain('after-1');
  });
  // The last batches of the outage have pauses of seconds between their attempts.
  await delay(10_000);
  await create('after-2');
  await achieves('the last of it', async () => {
    expect(namesOf(await events())).toContain('after-2');
  });

  const came = new Set(namesOf(await events()));
  const lost = decisions.flatMap(({ name = '' }) => (came.has(name) ? [] : [name]));
  console.log(`of ${decisions.length} actions the API server dropped the events of ${lost.length}`);
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.length).toBeLessThan(200);

  const world = detectorsWorld({ options: { lossMs: LOSS_MS } });
  for (const decision of decisions) world.decision(decision, Date.parse(decision.at));
  const now = Date.now();
  for (const event of await events()) world.event(event, now);
  const found = world.until(now + LOSS_MS + 1_000);
  expect(
    found
      .map((finding) => (finding.kind === 'Alarm' ? `${finding.alarm.alarm} ${finding.alarm.name}` : finding.kind))
      .toSorted(),
  ).toEqual(lost.map((name) => `Loss ${name}`).toSorted());
}, 240_000);
