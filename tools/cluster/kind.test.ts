import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { startKind, stopKind } from './kind.ts';
import { renderKindConfig } from './kind-config.ts';
import type { ClusterOptions } from './options.ts';
import { clusterPaths } from './paths.ts';
import { createPki } from './pki.ts';
import { clusterAddresses } from './addresses.ts';
import { profileOptions, repositoryRoot } from './profiles.ts';
import type { Runner } from './run.ts';

const Patch = z.object({
  kind: z.literal('ClusterConfiguration'),
  apiServer: z.object({
    extraArgs: z.record(z.string(), z.string()),
    extraVolumes: z.tuple([z.object({ name: z.string(), hostPath: z.string(), mountPath: z.string() }).loose()]),
  }),
});

const Config = z
  .object({
    nodes: z.tuple([
      z
        .object({
          extraMounts: z.tuple([z.object({ hostPath: z.string(), containerPath: z.string() }).loose()]),
          extraPortMappings: z.tuple([z.object({ hostPort: z.number(), containerPort: z.number() }).loose()]),
          kubeadmConfigPatches: z.tuple([z.string()]),
        })
        .loose(),
    ]),
  })
  .loose();

async function template(): Promise<string> {
  return readFile(join(repositoryRoot(), 'kind-config.yaml'), 'utf8');
}

test('the files that the API server of kind-config.yaml reads are mounted and there', async () => {
  const [node] = Config.parse(parse(await template())).nodes;
  const [mount] = node.extraMounts;
  const { apiServer } = Patch.parse(parse(node.kubeadmConfigPatches[0]));
  expect(apiServer.extraVolumes[0]).toMatchObject({ hostPath: mount.containerPath, mountPath: mount.containerPath });
  const present = await readdir(join(repositoryRoot(), mount.hostPath));
  for (const flag of ['audit-policy-file', 'audit-webhook-config-file']) {
    const [folder, name] = (apiServer.extraArgs[flag] ?? '').split(/\/(?=[^/]*$)/);
    expect(folder).toBe(mount.containerPath);
    expect(present).toContain(name);
  }
});

test('the patch names no apiVersion: with a map of arguments it then fits kubeadm v1beta3 and v1beta4', async () => {
  const [node] = Config.parse(parse(await template())).nodes;
  expect(parse(node.kubeadmConfigPatches[0])).not.toHaveProperty('apiVersion');
});

test('a rendered configuration differs in folder and port only', async () => {
  const rendered = Config.parse(parse(renderKindConfig(await template(), { auditFolder: '/srv/audit', hostPort: 17 })));
  const [node] = rendered.nodes;
  expect(node.extraMounts[0].hostPath).toBe('/srv/audit');
  expect(node.extraPortMappings[0].hostPort).toBe(17);
  node.extraMounts[0].hostPath = './deploy/kind/audit';
  node.extraPortMappings[0].hostPort = 30_443;
  expect(rendered).toEqual(parse(await template()));
});

let folder: string;
let options: ClusterOptions;
const commands: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kind-'));
  await createPki(join(folder, 'node'), 'node', clusterAddresses(88));
  await writeFile(join(folder, 'kubectl'), '', { mode: 0o755 });
  options = profileOptions('test', () => undefined, { directory: join(folder, 'cluster') });
  commands.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Answers as kind and docker do, with `clusters` running already. */
function answering(clusters: string): Runner {
  return async (program, args) => {
    commands.push([program, ...args].join(' ').replaceAll(folder, ''));
    const [verb, noun] = args;
    if (program === 'kind' && verb === 'get') return clusters;
    if (program === 'kind' && (verb === 'create' || verb === 'export') && noun !== undefined) {
      const file = args[args.indexOf('--kubeconfig') + 1] ?? '';
      await writeFile(file, 'clusters: [{ cluster: { server: "https://127.0.0.1:40000" } }]\n');
    }
    if (program === 'docker' && verb === 'exec')
      return readFile(join(folder, 'node', args.at(-1)?.split('/').pop() ?? ''), 'utf8');
    if (program === 'docker' && verb === 'network') return 'fc00:f853:ccd:e793::1 172.18.0.1 \n';
    return '';
  };
}

const context = (): { clock: typeof systemClock; env: NodeJS.ProcessEnv } => ({
  clock: systemClock,
  env: { PATH: `${folder}:${process.env['PATH']}` },
});

test('a new cluster is created from our configuration and people are signed by its authority', async () => {
  const audit = join(folder, 'audit.yaml');
  await writeFile(audit, 'ours: true\n');
  const cluster = await startKind({ ...options, auditWebhookKubeconfig: audit }, answering(''), context());
  expect(commands).toEqual([
    'kind get clusters',
    'docker network inspect kind --format {{range .IPAM.Config}}{{.Gateway}} {{end}}',
    'kind create cluster --name sallyport-test --config /cluster/config/kind.yaml --kubeconfig /cluster/kubeconfigs/admin.yaml --wait 120s',
    'docker pull busybox:1-musl',
    'docker tag busybox:1-musl local/busybox:1',
    'kind load docker-image local/busybox:1 --name sallyport-test',
    'docker exec sallyport-test-control-plane cat /etc/kubernetes/pki/ca.crt',
    'docker exec sallyport-test-control-plane cat /etc/kubernetes/pki/ca.key',
  ]);
  expect(cluster).toMatchObject({ kind: 'kind', apiServer: 'https://127.0.0.1:40000', hostAddress: '172.18.0.1' });
  expect(await readFile(cluster.kubeconfigs.alice, 'utf8')).toContain('https://127.0.0.1:40000');
  const config = Config.parse(parse(await readFile(join(clusterPaths(options.directory).config, 'kind.yaml'), 'utf8')));
  const mounted = config.nodes[0].extraMounts[0].hostPath;
  expect(await readFile(join(mounted, 'webhook.yaml'), 'utf8')).toBe('ours: true\n');
});

test('a cluster that runs is reused', async () => {
  await startKind(options, answering('other\nsallyport-test\n'), context());
  expect(commands[2]).toBe('kind export kubeconfig --name sallyport-test --kubeconfig /cluster/kubeconfigs/admin.yaml');
  expect(commands.filter((command) => command.startsWith('kind create'))).toEqual([]);
});

test('its API server shows its own certificate to our receiver, and takes no other for it', async () => {
  const auditReceiver = { port: 8_446, mode: 'batch' } as const;
  const cluster = await startKind({ ...options, auditReceiver }, answering(''), context());
  const folder = join(clusterPaths(options.directory).config, 'audit');
  expect(cluster.auditReceiver).toMatchObject({
    host: '172.18.0.1',
    port: 8_446,
    certificateFile: join(folder, 'server.crt'),
    clientAuthority: join(folder, 'ca.crt'),
    clientName: 'kube-apiserver-audit',
  });
  const webhook = parse(await readFile(join(folder, 'webhook.yaml'), 'utf8')) as unknown;
  const shipped = await readFile(join(repositoryRoot(), 'deploy/kind/audit/webhook.yaml'), 'utf8');
  expect(webhook).toEqual(parse(shipped.replace('127.0.0.1:30444', '172.18.0.1:8446')));
  // Under the name that the node mounts the folder by.
  const named = JSON.stringify(webhook).match(/\/etc\/kubernetes\/audit\/[^"]+/g) ?? [];
  expect(named.map((file) => existsSync(join(folder, file.slice('/etc/kubernetes/audit/'.length))))).toEqual([
    true,
    true,
    true,
  ]);
  const [server, client, authority] = await Promise.all(
    ['server', 'kube-apiserver-audit', 'ca'].map(
      async (name) => new X509Certificate(await readFile(join(folder, `${name}.crt`))),
    ),
  );
  if (authority === undefined) throw new Error('there is no authority');
  expect([server?.verify(authority.publicKey), client?.verify(authority.publicKey)]).toEqual([true, true]);
  expect(server?.checkIP('172.18.0.1')).toBe('172.18.0.1');
  expect(client?.subject).toBe('CN=kube-apiserver-audit');
});

test('stop deletes the cluster of that name only', async () => {
  await stopKind(options, answering(''));
  expect(commands).toEqual(['kind delete cluster --name sallyport-test --kubeconfig /cluster/kubeconfigs/admin.yaml']);
});
