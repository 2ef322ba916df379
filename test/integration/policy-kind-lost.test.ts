import { Agent, request } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../src/bin/serve.ts';
import { configSchema } from '../../src/platform/config/schema.ts';
import { POLICIES } from '../../src/platform/kube/approvals.ts';
import { resourcePath } from '../../src/platform/kube/resource-path.ts';
import { admissionReview } from '../builders/admission-review.ts';
import { approvalPolicy } from '../builders/approval-policy.ts';
import { achieves } from '../harness/achieves.ts';
import { ScriptedApiServer } from '../harness/scripted-api-server.ts';
import { verifies } from '../harness/verifies.ts';

const WEBHOOK_PORT = 18_945;
const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
const GATE = `${ADMISSION}/validatingwebhookconfigurations`;
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const KIND = 'approvalpolicies.sallyport.dev';

interface Gate {
  readonly webhooks: readonly { readonly clientConfig: { readonly url: string } }[];
}

let server: ScriptedApiServer;
const stop = new AbortController();
let running: Promise<void>;

beforeAll(async () => {
  server = await new ScriptedApiServer().listen();
  server.script = ({ path }) => {
    const json = (body: object) => ({ type: 'Json', status: 200, body }) as const;
    switch (path) {
      case '/apis/authentication.k8s.io/v1/selfsubjectreviews':
        return json({ status: { userInfo: { username: 'sallyport', groups: [], extra: {} } } });
      case '/apis':
        return json({ groups: [] });
      case '/api/v1':
        return json({ resources: [] });
      default:
        return undefined;
    }
  };
  server.store.put(CRDS, { metadata: { name: KIND } });
  server.store.put('/api/v1/namespaces', { metadata: { name: 'prod' } });
  const { metadata, ...policy } = approvalPolicy();
  server.store.put(resourcePath(POLICIES), { ...policy, metadata: { ...metadata, name: metadata.name ?? '' } });
  const config = configSchema.parse({
    kubeconfig: server.kubeconfig,
    logLevel: 'silent',
    webhook: {
      listen: { host: '127.0.0.1', port: WEBHOOK_PORT },
      url: `https://127.0.0.1:${WEBHOOK_PORT}`,
      limits: { lingerSeconds: 0.1, drainSeconds: 1 },
    },
    health: { host: '127.0.0.1', port: WEBHOOK_PORT + 1 },
    controller: { leaseSeconds: 3 },
  });
  running = serve(config, stop.signal);
});

afterAll(async () => {
  stop.abort();
  await running;
  await server[Symbol.asyncDispose]();
});

const gate = () => server.store.get(GATE, 'sallyport-gate') as unknown as Gate | undefined;

/** What an API server is told that asks as its configuration says. */
function review(url: string): Promise<string> {
  const agent = new Agent({ rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}?timeout=5s`, { method: 'POST', agent }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(text));
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(admissionReview()));
  }).finally(() => agent.destroy()) as Promise<string>;
}

test(`${verifies('R1', 'R3')}who loses the kind of policies denies, and leaves the gate as it is`, {
  timeout: 60_000,
}, async () => {
  const url = await achieves(
    'a gate with a policy in it',
    async () => {
      const [first] = gate()?.webhooks ?? [];
      if (first === undefined) throw new Error('no gate yet');
      return first.clientConfig.url;
    },
    30_000,
  );
  // A policy matches the exec: it is in memory. There is no pod in this cluster.
  await achieves('the gate to ask', async () => expect(await review(url)).toContain('code=NoTarget'), 15_000);
  const before = JSON.stringify(gate()?.webhooks);

  // As the API server does it: the kind is marked, its objects go one by one, then it is gone.
  server.store.put(CRDS, { metadata: { name: KIND, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  server.store.remove(resourcePath(POLICIES), '', approvalPolicy().metadata.name ?? '');
  server.store.remove(CRDS, '', KIND);
  const answers = [await review(url)];
  // The kind is not served any more, and the watch ends: from here on memory grows old.
  const script = server.script;
  server.script = (asked) =>
    asked.path === resourcePath(POLICIES) ? { type: 'Text', status: 404, text: '404 page not found' } : script(asked);
  server.endWatches('End');
  answers.push(await review(url));
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  answers.push(await review(url));
  for (const answer of answers) {
    expect(answer).toContain('"allowed":false');
    expect(answer).toContain('code=NotReady');
  }
  expect(JSON.stringify(gate()?.webhooks)).toBe(before);
});
