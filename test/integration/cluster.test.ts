import { once } from 'node:events';
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { type AddressInfo, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { clusterPorts } from '../../tools/cluster/addresses.ts';
import { localContext } from '../../tools/cluster/context.ts';
import { freePlace } from '../../tools/cluster/free-place.ts';
import { mountsBelow } from '../../tools/cluster/mounts.ts';
import type { Cluster } from '../../tools/cluster/options.ts';
import { clusterPaths } from '../../tools/cluster/paths.ts';
import { signCertificate } from '../../tools/cluster/pki.ts';
import { clusterProcesses } from '../../tools/cluster/processes.ts';
import { run } from '../../tools/cluster/run.ts';
import { startCluster } from '../../tools/cluster/start.ts';
import { clusterStatus } from '../../tools/cluster/status.ts';
import { stopCluster } from '../../tools/cluster/stop.ts';

const isLinuxRoot = process.platform === 'linux' && process.getuid?.() === 0;

describe.runIf(isLinuxRoot)('a cluster from one binary', async () => {
  const lines: string[] = [];
  const audit = new WebhookServer();
  const profile = await freePlace('integration', (line) => lines.push(line), process.env);
  const paths = clusterPaths(profile.directory);
  const auditWebhookKubeconfig = join(tmpdir(), `cluster-test-${process.pid}.yaml`);
  const options = { ...profile, auditWebhookKubeconfig };
  let cluster: Cluster;

  const kubectl = (kubeconfig: string, ...args: string[]): Promise<string> =>
    run(cluster.kubectl, ['--kubeconfig', kubeconfig, ...args]);

  async function runPod(name: string): Promise<void> {
    const { admin } = cluster.kubeconfigs;
    const image = ['--image=local/busybox:1', '--image-pull-policy=Never', '--restart=Never'];
    await kubectl(admin, 'run', name, ...image, '--command', '--', 'sleep', '100000');
    await kubectl(admin, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s');
  }

  beforeAll(async () => {
    await stopCluster(options.directory);
    const server = await audit.listen(createHttpServer());
    await writeFile(auditWebhookKubeconfig, webhookKubeconfig(`http://${server}/audit`));
    cluster = await startCluster(options);
  });

  afterAll(async () => {
    await stopCluster(options.directory);
    audit.close();
    await rm(auditWebhookKubeconfig, { force: true });
  });

  test('runs a pod, and exec and logs reach it', async () => {
    await runPod('web');
    const { admin } = cluster.kubeconfigs;
    expect(await kubectl(admin, 'exec', 'web', '--', 'echo', 'hello')).toBe('hello\n');
    expect(await kubectl(admin, 'logs', 'web')).toBe('');
  });

  test('a pod reaches the API server at the address that its environment names', async () => {
    // Plain HTTP on purpose: busybox speaks no modern TLS, and the API server says so in plain HTTP.
    const request = 'printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 5 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT';
    const answer = await kubectl(cluster.kubeconfigs.admin, 'exec', 'web', '--', 'sh', '-c', request);
    expect(answer).toContain('Client sent an HTTP request to an HTTPS server');
  });

  test('each person is who the kubeconfig says, in its groups and without rights', async () => {
    const groupsOf = (file: string): Promise<string> =>
      kubectl(file, 'auth', 'whoami', '--output=jsonpath={.status.userInfo.username} {.status.userInfo.groups}');
    expect(await groupsOf(cluster.kubeconfigs.alice)).toBe('alice ["developers","system:authenticated"]');
    expect(await groupsOf(cluster.kubeconfigs.bob)).toBe('bob ["sre","system:authenticated"]');
    expect(await groupsOf(cluster.kubeconfigs.carol)).toBe('carol ["sre","system:authenticated"]');
    const dave = await cluster.kubeconfigFor('team/dave+ops', ['one', 'two:three']);
    expect(await groupsOf(dave)).toBe('team/dave+ops ["one","two:three","system:authenticated"]');
    await expect(kubectl(cluster.kubeconfigs.alice, 'get', 'pods')).rejects.toThrow('User "alice" cannot list');
  });

  test('the exec is in the audit log with its user', async () => {
    const events = (await readFile(cluster.auditLog ?? '', 'utf8')).trim().split('\n');
    const execs = events.filter((line) => line.includes('"subresource":"exec"') && line.includes('"username":"admin"'));
    expect(execs.length).toBeGreaterThan(0);
  });

  test('the audit webhook receives the exec within seconds', async () => {
    await expect.poll(() => audit.bodies.join(''), { timeout: 10_000 }).toContain('"subresource":"exec"');
  });

  test('the API server shows an admission webhook a certificate of its own authority', async () => {
    const names = { user: 'webhook', groups: [], alternativeNames: ['IP:127.0.0.1'] };
    await signCertificate(paths.pki, { ...names, name: 'test-webhook', authority: 'ca', usage: ['serverAuth'] });
    const read = (file: string): Promise<string> => readFile(join(paths.pki, file), 'utf8');
    const [ca, cert, key] = await Promise.all([read('ca.crt'), read('test-webhook.crt'), read('test-webhook.key')]);
    const clientAuthority = await readFile(cluster.webhookClientAuthority ?? '', 'utf8');
    const tls = { cert, key, ca: clientAuthority, requestCert: true, rejectUnauthorized: true };
    const webhook = new WebhookServer();
    const address = await webhook.listen(createHttpsServer(tls));
    onTestFinished(() => webhook.close());
    const { admin } = cluster.kubeconfigs;
    const file = join(tmpdir(), `webhook-test-${process.pid}.json`);
    onTestFinished(() => rm(file, { force: true }));
    await writeFile(file, JSON.stringify(webhookConfiguration(`https://${address}/`, ca)));
    await kubectl(admin, 'create', '--filename', file);
    await expect
      .poll(async () => {
        await kubectl(admin, 'create', 'configmap', `c${webhook.bodies.length}-${Date.now()}`).catch(() => '');
        return webhook.callers;
      })
      .toContain('kube-apiserver-webhook');
    await kubectl(admin, 'delete', '--filename', file);
  });

  test('a second start reuses it', async () => {
    const before = await clusterProcesses(paths);
    await startCluster(options);
    expect(lines.at(-1)).toContain('already runs');
    expect(await clusterProcesses(paths)).toEqual(before);
  });

  test('a start over the remains of a crash gives a working cluster', async () => {
    for (const { pid, program } of await clusterProcesses(paths)) {
      if (['kubelet', 'containerd'].includes(program)) process.kill(pid, 'SIGKILL');
    }
    await expect.poll(async () => (await clusterStatus(options.directory)).state).toBe('broken');
    cluster = await startCluster(options);
    await runPod('again');
    expect(await kubectl(cluster.kubeconfigs.admin, 'get', 'pods', '--output=name')).toBe('pod/again\n');
  });

  test('after stop nothing of it runs, is mounted, listens or is left in the network', async () => {
    await cluster.stop();
    expect(await processesNaming([paths.directory, paths.runtime])).toEqual([]);
    expect(mountsBelow(await readFile('/proc/self/mountinfo', 'utf8'), [paths.directory, paths.runtime])).toEqual([]);
    for (const port of Object.values(clusterPorts(options.portBase))) expect(await listens(port)).toBe(false);
    expect(await readdir('/sys/class/net')).not.toContain(options.bridge);
    expect(await run('iptables-save', ['--table', 'nat'], { env: localContext().env })).not.toContain(paths.id);
    expect(await readdir(options.directory)).toEqual(['logs']);
    await expect(access(paths.runtime)).rejects.toThrow('ENOENT');
    expect(await clusterStatus(options.directory)).toEqual({ state: 'stopped' });
  });

  test('a stop of what is stopped does nothing', async () => {
    await expect(stopCluster(options.directory)).resolves.toBeUndefined();
  });
});

/** Keeps what is sent to it, and the names on the certificates of those who send. It answers an empty object. */
class WebhookServer {
  readonly bodies: string[] = [];
  readonly callers: string[] = [];
  #server: HttpServer | HttpsServer | undefined;

  async listen(server: HttpServer | HttpsServer): Promise<string> {
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.socket instanceof TLSSocket)
        this.callers.push(String(request.socket.getPeerCertificate().subject.CN));
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.bodies.push(Buffer.concat(chunks).toString('utf8'));
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

function webhookKubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'audit', cluster: { server } }],
    contexts: [{ name: 'audit', context: { cluster: 'audit', user: 'audit' } }],
    users: [{ name: 'audit', user: {} }],
    'current-context': 'audit',
  });
}

function webhookConfiguration(url: string, authority: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'test' },
    webhooks: [
      {
        name: 'test.sallyport.dev',
        clientConfig: { url, caBundle: Buffer.from(authority).toString('base64') },
        rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
        failurePolicy: 'Ignore',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  };
}

/** Command lines of all processes that name one of the paths, whatever program they are. */
async function processesNaming(paths: readonly string[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => paths.some((path) => line.includes(`${path}/`)));
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
