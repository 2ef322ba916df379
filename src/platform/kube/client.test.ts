import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedApiServer, type Tls } from '../../../test/harness/scripted-api-server.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { systemClock } from '../clock/system-clock.ts';
import { type KubeClient, loadKubeClient } from './client.ts';
import { KubeApiError, KubeConfigError, KubeResponseError, KubeUnreachableError } from './errors.ts';

/** For those whose subject is silence. */
const LIMITS = { timeoutMs: 300, maxResponseBytes: 10_000 };
/** Handshakes take their time on a machine that is busy. */
const PATIENT = { ...LIMITS, timeoutMs: 10_000 };
const POD = '/api/v1/namespaces/prod/pods/web-0';

describe('the Kubernetes client', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;

  beforeEach(async () => {
    server = await new ScriptedApiServer().listen();
    client = loadKubeClient({ kubeconfig: server.kubeconfig }, LIMITS, systemClock);
  });

  afterEach(async () => {
    client.close();
    await server[Symbol.asyncDispose]();
  });

  it('creates, reads, lists, updates, patches and deletes', async () => {
    const created = await client.create<{ metadata: { name: string; resourceVersion: string } }>(dirname(POD), {
      metadata: { name: 'web-0' },
      phase: 'Pending',
    });
    expect(await client.get(POD)).toEqual(created);
    const updated = await client.update(POD, { ...created, phase: 'Running' });
    expect(updated).toMatchObject({ phase: 'Running' });
    await expect(client.update(POD, created)).rejects.toMatchObject({ status: 409, reason: 'Conflict' });
    await client.patch(POD, { note: 'x' }, { type: 'merge' });
    const page = await client.list('/api/v1/pods', { query: { limit: 10, continue: undefined } });
    expect(page.items).toMatchObject([{ note: 'x', phase: 'Running' }]);
    await client.delete(POD, { preconditions: { uid: 'u' } });
    await expect(client.get(POD)).rejects.toMatchObject({ code: 'KubeApiError', status: 404, reason: 'NotFound' });
    expect(server.requests.at(-2)?.body).toEqual({ preconditions: { uid: 'u' } });
    expect(server.requests.find(({ method }) => method === 'GET')?.query).toEqual({});
  });

  it('applies with a field manager, and says which kind of patch it is', async () => {
    server.store.put('/api/v1/pods', { metadata: { name: 'web-0', namespace: 'prod' } });
    await client.patch(POD, { a: 1 }, { type: 'apply', fieldManager: 'sallyport', force: true });
    await client.patch(POD, { a: 1 }, { type: 'merge' });
    expect(server.requests.map(({ headers, query }) => [headers['content-type'], query])).toEqual([
      ['application/apply-patch+yaml', { fieldManager: 'sallyport', force: 'true' }],
      ['application/merge-patch+json', {}],
    ]);
  });

  it('carries the details of a Status', async () => {
    const details = { retryAfterSeconds: 4, causes: [{ message: 'because' }] };
    const body = { kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'later', details };
    server.script = () => ({ type: 'Json', status: 429, body });
    const error = await client.get(POD).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(KubeApiError);
    expect(error).toMatchObject({ status: 429, reason: 'TooManyRequests', message: 'later', details });
  });

  it.each([
    [
      'an error that is no Status',
      { type: 'Text', status: 503, text: 'upstream' },
      { code: 'KubeApiError', status: 503, reason: 'Unknown', message: 'upstream' },
    ],
    [
      'a body that is not JSON',
      { type: 'Text', status: 200, text: '<html>' },
      { code: 'KubeResponse', problem: 'Malformed' },
    ],
    [
      'a body that is no object',
      { type: 'Text', status: 200, text: '7' },
      { code: 'KubeResponse', problem: 'Malformed' },
    ],
    [
      'a body that is too large',
      { type: 'Text', status: 200, text: 'x'.repeat(10_001) },
      { code: 'KubeResponse', problem: 'TooLarge' },
    ],
    ['silence', { type: 'Silence' }, { code: 'KubeUnreachable' }],
    ['an answer that is too late', { type: 'Slow', ms: 400 }, { code: 'KubeUnreachable' }],
    ['a reset', { type: 'Reset' }, { code: 'KubeUnreachable' }],
  ] as const)('turns %s into an error of its own kind', async (_, fault, expected) => {
    server.script = () => fault;
    await expect(client.get(POD)).rejects.toMatchObject(expected);
  });

  it('refuses what is not a list where a list was asked for', async () => {
    server.script = () => ({ type: 'Json', status: 200, body: { kind: 'Pod', metadata: {} } });
    await expect(client.list('/api/v1/pods')).rejects.toBeInstanceOf(KubeResponseError);
  });

  it('rejects with the caller’s reason once the caller gives up', async () => {
    server.script = () => ({ type: 'Silence' });
    const caller = new AbortController();
    const call = client.get(POD, { signal: caller.signal });
    setTimeout(() => caller.abort(new Error('the caller has gone')), 20);
    await expect(call).rejects.toThrow('the caller has gone');
    await expect(client.get(POD, { signal: caller.signal })).rejects.toThrow('the caller has gone');
  });

  it('says that nobody is there', async () => {
    const gone = await new ScriptedApiServer().listen();
    const lonely = loadKubeClient({ kubeconfig: gone.kubeconfig }, LIMITS, systemClock);
    await gone[Symbol.asyncDispose]();
    await expect(lonely.get(POD)).rejects.toBeInstanceOf(KubeUnreachableError);
  });

  it('sends a read again when a kept-alive connection has just died, but never a write', async () => {
    server.store.put('/api/v1/pods', { metadata: { name: 'web-0', namespace: 'prod' } });
    await client.get(POD);
    let faults = 1;
    server.script = () => (faults-- > 0 ? { type: 'Reset' } : undefined);
    expect(await client.get(POD)).toMatchObject({ metadata: { name: 'web-0' } });
    faults = 1;
    await expect(client.patch(POD, {}, { type: 'merge' })).rejects.toBeInstanceOf(KubeUnreachableError);
  });

  it('reuses its connection', async () => {
    const ports = new Set<number>();
    for (let i = 0; i < 3; i += 1) await client.list('/api/v1/pods');
    for (const { clientPort } of server.requests) ports.add(clientPort);
    expect(ports.size).toBe(1);
  });

  it('find: undefined where nothing is there, and what went wrong where something did', async () => {
    expect(await client.find(POD)).toBeUndefined();
    server.store.put('/api/v1/pods', { metadata: { name: 'web-0', namespace: 'prod' } });
    expect(await client.find(POD)).toMatchObject({ metadata: { name: 'web-0' } });
    server.script = () => ({ type: 'Json', status: 403, body: {} });
    await expect(client.find(POD)).rejects.toMatchObject({ status: 403 });
  });

  it('knows the namespace of its context', () => {
    expect(client.namespace).toBe('sallyport-system');
  });

  it('reads a token file again within a minute, and at once after a 401', async () => {
    const clock = new FakeClock();
    const folder = dirname(server.kubeconfig);
    const kubeconfig = join(folder, 'with-token');
    await writeFile(join(folder, 'token'), 'first\n');
    await writeFile(
      kubeconfig,
      `clusters: [{name: c, cluster: {server: "http://127.0.0.1:${server.port}", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {tokenFile: token}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`,
    );
    const bearer = loadKubeClient({ kubeconfig }, PATIENT, clock);
    const sent = async (): Promise<unknown> => {
      await bearer.list('/api/v1/pods').catch(() => undefined);
      return server.requests.at(-1)?.headers.authorization;
    };
    expect(await sent()).toBe('Bearer first');
    await writeFile(join(folder, 'token'), 'second');
    expect(await sent()).toBe('Bearer first');
    await clock.advance(60_000);
    expect(await sent()).toBe('Bearer second');
    await writeFile(join(folder, 'token'), 'third');
    server.script = () => ({ type: 'Json', status: 401, body: {} });
    await sent();
    server.script = () => undefined;
    expect(await sent()).toBe('Bearer third');
    bearer.close();
  });

  it('reads several kubeconfigs, as in KUBECONFIG, with the token file of each', async () => {
    const folder = dirname(server.kubeconfig);
    const clock = new FakeClock();
    const [names, users] = [join(folder, 'names'), join(folder, 'more/users')];
    await mkdir(join(folder, 'more'));
    await writeFile(join(folder, 'more/token'), 'of-more');
    await writeFile(
      names,
      `clusters: [{name: c, cluster: {server: "http://127.0.0.1:${server.port}", insecure-skip-tls-verify: true}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
users: []
current-context: x
`,
    );
    await writeFile(
      users,
      'clusters: []\ncontexts: [{name: x, context: {cluster: none, user: none}}]\nusers: [{name: u, user: {tokenFile: token}}]\ncurrent-context: y\n',
    );
    const bearer = loadKubeClient({ kubeconfig: `${names}:${users}` }, PATIENT, clock);
    await bearer.list('/api/v1/pods');
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer of-more');
    bearer.close();
  });

  it('shows its client certificate, and trusts only the cluster’s authority', async () => {
    const [[tls], [other]] = [testCertificates('alice'), testCertificates('mallory')];
    await using secure = await new ScriptedApiServer(tls).listen();
    const alice = loadKubeClient({ kubeconfig: secure.kubeconfig }, PATIENT, systemClock);
    await alice.list('/api/v1/pods');
    expect(secure.requests.at(-1)?.clientName).toBe('alice');
    alice.close();
    await using impostor = await new ScriptedApiServer({ ...other, ca: tls.ca }).listen();
    const misled = loadKubeClient({ kubeconfig: impostor.kubeconfig }, LIMITS, systemClock);
    await expect(misled.list('/api/v1/pods')).rejects.toBeInstanceOf(KubeUnreachableError);
    expect(impostor.requests).toEqual([]);
  });

  it('shows a rotated client certificate within a minute', async () => {
    const [before, after] = testCertificates('before', 'after');
    await using secure = await new ScriptedApiServer(before).listen();
    const folder = dirname(secure.kubeconfig);
    const show = async (tls: Tls): Promise<void> => {
      await writeFile(join(folder, 'tls.crt'), tls.clientCert);
      await writeFile(join(folder, 'tls.key'), tls.clientKey);
    };
    await writeFile(join(folder, 'ca.crt'), before.ca);
    await show(before);
    const kubeconfig = join(folder, 'with-files');
    await writeFile(
      kubeconfig,
      `clusters: [{name: c, cluster: {server: "https://127.0.0.1:${secure.port}", certificate-authority: ca.crt}}]
users: [{name: u, user: {client-certificate: tls.crt, client-key: tls.key}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`,
    );
    const clock = new FakeClock();
    const rotating = loadKubeClient({ kubeconfig }, PATIENT, clock);
    await rotating.list('/api/v1/pods');
    await show(after);
    await clock.advance(60_000);
    await rotating.list('/api/v1/pods');
    expect(secure.requests.map(({ clientName }) => clientName)).toEqual(['before', 'after']);
    rotating.close();
  });

  it.each([
    ['is not there', undefined],
    ['is not YAML', '{'],
    ['names no cluster', 'clusters: []\nusers: []\ncontexts: []\n'],
  ])('refuses a kubeconfig that %s', async (_, text) => {
    const file = join(dirname(server.kubeconfig), 'broken');
    if (text !== undefined) await writeFile(file, text);
    expect(() => loadKubeClient({ kubeconfig: file }, LIMITS, systemClock)).toThrow(KubeConfigError);
  });

  it('says of a file that is no kubeconfig what it lacks', async () => {
    const file = join(dirname(server.kubeconfig), 'other');
    await writeFile(file, 'a text\n');
    expect(() => loadKubeClient({ kubeconfig: file }, LIMITS, systemClock)).toThrow(
      'the kubeconfig has no current-context',
    );
  });
});
