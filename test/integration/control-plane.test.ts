import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../src/bin/serve.ts';
import { CERTIFICATE_SECRETS } from '../../src/controller/serving-certificate/certificate-secrets.ts';
import { PATH_SECRET, valuesOf } from '../../src/controller/path-secret/path-secret.ts';
import { createCertificateReconciler } from '../../src/controller/serving-certificate/create-reconciler.ts';
import { configuredPath, WEBHOOK_PATHS } from '../../src/core/api/webhook-paths.ts';
import type { ApprovalPolicy } from '../../src/core/api/kinds.ts';
import { policyRevision } from '../../src/core/decision/policy-revision.ts';
import { configSchema } from '../../src/platform/config/schema.ts';
import { POLICIES } from '../../src/platform/kube/approvals.ts';
import type { KubeClient } from '../../src/platform/kube/client.ts';
import { resourcePath } from '../../src/platform/kube/resource-path.ts';
import { createSecretStore } from '../../src/platform/kube/secret-store.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import { SERIAL_BYTES } from '../../src/platform/tls/serial.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { admissionReview } from '../builders/admission-review.ts';
import { approvalPolicy } from '../builders/approval-policy.ts';
import { achieves } from '../harness/achieves.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';

const SYSTEM = 'sallyport-system';
const SECRET = '5'.repeat(64);
const DAY = 24 * 3_600_000;
const WEBHOOK_PORT = 18_925;
const NAMES = { dnsNames: [], ipAddresses: ['127.0.0.1'] };

let plane: ControlPlane;
let admin: KubeClient;
let kubeconfig: string;
const running: { stop: AbortController; done: Promise<void> }[] = [];

beforeAll(async () => {
  plane = await startControlPlane(18_910);
  ({ admin } = plane);
  await plane.apply(join(repositoryRoot(), 'deploy/namespace.yaml'));
  await plane.apply(join(repositoryRoot(), 'deploy'));
  await plane.apply(join(repositoryRoot(), 'crds'));
  await admin.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'prod' } });
  await achieves('our kinds to be served', () => admin.list(resourcePath(POLICIES)));
  kubeconfig = await plane.tokenKubeconfig(SYSTEM, 'sallyport');
});

afterAll(async () => {
  for (const { stop } of running) stop.abort();
  await Promise.all(running.map(({ done }) => done));
  await plane[Symbol.asyncDispose]();
});

/** One look of the controller at its certificates, at the clock's time, with the rights of the ServiceAccount. */
async function lookAtCertificates(clock: FakeClock): Promise<string> {
  let bundle = '';
  const reconcile = createCertificateReconciler({
    secrets: createSecretStore(plane.clientOf(kubeconfig), SYSTEM),
    names: NAMES,
    clock,
    randomSerial: () => randomBytes(SERIAL_BYTES),
    log: silentLogger,
    onBundle: (pem) => {
      bundle = pem;
    },
  });
  await reconcile('only', new AbortController().signal);
  return bundle;
}

async function storedCertificate(name: string): Promise<string> {
  const path = resourcePath({ group: '', version: 'v1', plural: 'secrets', namespace: SYSTEM, name });
  const secret = await admin.get<{ metadata: { name: string }; data: Record<string, string> }>(path);
  return Buffer.from(secret.data['tls.crt'] ?? '', 'base64').toString('utf8');
}

function certificates(bundle: string): number {
  return bundle.split('BEGIN CERTIFICATE').length - 1;
}

const virtual = new FakeClock(Date.now());

test('the certificate Secrets are written once, and the leaf is renewed at two thirds of its life', async () => {
  const bundle = await lookAtCertificates(virtual);
  const authority = await storedCertificate(CERTIFICATE_SECRETS.authority);
  const leaf = await storedCertificate(CERTIFICATE_SECRETS.serving);
  expect(certificates(bundle)).toBe(1);
  await virtual.advance(19 * DAY);
  expect(await lookAtCertificates(virtual)).toBe(bundle);
  expect(await storedCertificate(CERTIFICATE_SECRETS.serving)).toBe(leaf);
  await virtual.advance(2 * DAY);
  expect(await lookAtCertificates(virtual)).toBe(bundle);
  expect(await storedCertificate(CERTIFICATE_SECRETS.authority)).toBe(authority);
  expect(await storedCertificate(CERTIFICATE_SECRETS.serving)).not.toBe(leaf);
});

function run(roles: readonly ('webhook' | 'controller')[], healthPort: number): { stop: AbortController } {
  const config = configSchema.parse({
    kubeconfig,
    roles: [...roles],
    logLevel: 'silent',
    webhook: {
      listen: { host: '127.0.0.1', port: WEBHOOK_PORT },
      url: `https://127.0.0.1:${WEBHOOK_PORT}`,
      limits: { lingerSeconds: 1, drainSeconds: 2 },
    },
    health: { host: '127.0.0.1', port: healthPort },
    controller: { leaseSeconds: 3 },
  });
  const stop = new AbortController();
  const one = { stop, done: serve(config, stop.signal) };
  running.push(one);
  return one;
}

/** The serial that a new connection sees. */
function servedSerial(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: WEBHOOK_PORT, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

/** A review over the agent's connection; the port tells connections apart. */
function review(agent: Agent): Promise<{ code: number; port: number }> {
  const target = {
    host: '127.0.0.1',
    port: WEBHOOK_PORT,
    agent,
    path: configuredPath(WEBHOOK_PATHS.write, SECRET, policyRevision([])),
    method: 'POST',
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(target, (response) => {
      const port = response.socket.localPort ?? 0;
      response.resume().on('end', () => resolve({ code: response.statusCode ?? 0, port }));
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(admissionReview()));
  });
}

test('the webhook shows a new certificate to new connections, while an old connection goes on', async () => {
  await createSecretStore(plane.clientOf(kubeconfig), SYSTEM).write(
    PATH_SECRET,
    valuesOf({ current: SECRET, since: Date.now() }),
    undefined,
    new AbortController().signal,
  );
  run(['webhook'], 18_926);
  const before = await achieves('the webhook to listen', servedSerial);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const first = await review(agent);
  await virtual.advance(21 * DAY);
  await lookAtCertificates(virtual);
  const after = await achieves('the new certificate', async () => {
    const serial = await servedSerial();
    if (serial === before) throw new Error('still the old one');
    return serial;
  });
  expect(after).not.toBe(before);
  expect(await review(agent)).toEqual({ code: 200, port: first.port });
  agent.destroy();
});

async function holder(): Promise<string> {
  const lease = await admin.get<{ metadata: { name: string }; spec: { holderIdentity?: string } }>(
    resourcePath({
      group: 'coordination.k8s.io',
      version: 'v1',
      plural: 'leases',
      namespace: SYSTEM,
      name: 'sallyport-controller',
    }),
  );
  if ((lease.spec.holderIdentity ?? '') === '') throw new Error('nobody holds the lease');
  return lease.spec.holderIdentity ?? '';
}

/** Creates a policy, through our webhook once it is configured, and waits until the leader says that it is enforced. */
async function enforced(name: string): Promise<void> {
  const { spec, apiVersion, kind } = approvalPolicy();
  await achieves(`policy ${name} to be accepted`, () =>
    admin.create(resourcePath(POLICIES), { apiVersion, kind, metadata: { name }, spec }),
  );
  await achieves(`policy ${name} to be enforced`, async () => {
    const policy = await admin.get<ApprovalPolicy>(resourcePath({ ...POLICIES, name }));
    const condition = policy.status?.conditions?.find(({ type }) => type === 'Enforced');
    if (condition?.status !== 'True') throw new Error(JSON.stringify(policy.status));
  });
}

test('when the leading controller stops, the other one takes over and goes on', async () => {
  const one = run(['controller'], 18_927);
  const firstHolder = await achieves('a leader', holder);
  run(['controller'], 18_928);
  await enforced('first');
  expect(await holder()).toBe(firstHolder);
  one.stop.abort();
  const second = await achieves('another leader', async () => {
    const now = await holder();
    if (now === firstHolder) throw new Error('still the first');
    return now;
  });
  expect(second).not.toBe(firstHolder);
  await enforced('second');
});

test('with the webhooks configured, a policy that cannot be enforced is refused, and nobody writes a status', async () => {
  const { spec, apiVersion, kind } = approvalPolicy({ masking: {} });
  const create = admin.create(resourcePath(POLICIES), { apiVersion, kind, metadata: { name: 'third' }, spec });
  await expect(create).rejects.toMatchObject({ status: 422 });
  const path = { ...POLICIES, name: 'first' };
  const policy = await admin.get<ApprovalPolicy>(resourcePath(path));
  const forged = { ...policy, status: { ...policy.status, observedGeneration: 99 } };
  const write = admin.update(resourcePath({ ...path, subresource: 'status' }), forged);
  await expect(write).rejects.toMatchObject({ status: 403 });
});
