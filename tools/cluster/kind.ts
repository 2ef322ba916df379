import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  type AuditReceiverFiles,
  auditReceiverFiles,
  auditWebhookKubeconfig,
  writeAuditCertificates,
} from './audit-webhook.ts';
import { type ClusterContext, localContext } from './context.ts';
import { BUSYBOX_IMAGE } from './image.ts';
import { renderKindConfig } from './kind-config.ts';
import { fileNameOf, PEOPLE, writeUserKubeconfig } from './kubeconfig.ts';
import type { Cluster, ClusterOptions } from './options.ts';
import { findProgram, PackagesMissingError } from './packages.ts';
import { type ClusterPaths, clusterPaths } from './paths.ts';
import { writeOpensslConfig } from './pki.ts';
import { repositoryRoot } from './profiles.ts';
import { kubeconfigPaths } from './open-cluster.ts';
import type { Runner } from './run.ts';

/** kind pulls a node image of 400 MB the first time. */
const CREATE_TIMEOUT_MS = 10 * 60_000;
/** First port that the components of a binary cluster of the same profile leave free. */
const NODE_PORT_OFFSET = 10;
const NODE_READY = '120s';

/** Where the node has the audit folder (kind-config.yaml). */
const NODE_AUDIT_FOLDER = '/etc/kubernetes/audit';

const DOCKER_BUSYBOX = 'busybox:1-musl';

/** Names the kind cluster of a profile; kind names its node `<name>-control-plane`. */
export function kindName(options: Pick<ClusterOptions, 'name'>): string {
  return `sallyport-${options.name}`;
}

export function kindCreateArguments(name: string, configFile: string, kubeconfig: string): readonly string[] {
  return [
    'create',
    'cluster',
    '--name',
    name,
    '--config',
    configFile,
    '--kubeconfig',
    kubeconfig,
    '--wait',
    NODE_READY,
  ];
}

export function kindDeleteArguments(name: string, kubeconfig: string): readonly string[] {
  return ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig];
}

/** Brings up a kind cluster, or reuses the one of this name. */
export async function startKind(
  options: ClusterOptions,
  run: Runner,
  context: ClusterContext = localContext(),
): Promise<Cluster> {
  const paths = clusterPaths(options.directory);
  const name = kindName(options);
  const { admin } = kubeconfigPaths(options.directory);
  const kubectl = await findProgram('kubectl', context.env);
  if (kubectl === undefined) throw new PackagesMissingError('kubectl is not on the PATH, and kind brings none');
  await mkdir(paths.kubeconfigs, { recursive: true });
  const existing = (await run('kind', ['get', 'clusters'])).split('\n');
  const hostAddress = await kindHostAddress(run);
  if (existing.includes(name)) {
    options.log(`kind cluster ${name} already runs`);
    await run('kind', ['export', 'kubeconfig', '--name', name, '--kubeconfig', admin]);
  } else {
    options.log(`creating kind cluster ${name}`);
    const configFile = await prepareKindFolder(options, paths, hostAddress);
    await run('kind', kindCreateArguments(name, configFile, admin), { timeoutMs: CREATE_TIMEOUT_MS });
    await loadBusybox(name, run);
  }
  const apiServer = await serverOf(admin);
  await fetchAuthority(name, paths, run);
  const files = kubeconfigPaths(options.directory);
  const source = { pki: paths.pki, server: apiServer };
  for (const user of ['alice', 'bob', 'carol'] as const) {
    await writeUserKubeconfig(source, files[user], user, PEOPLE[user]);
  }
  return {
    kind: 'kind',
    name,
    directory: options.directory,
    apiServer,
    hostAddress,
    kubeconfigs: files,
    kubectl,
    auditLog: undefined,
    webhookClientAuthority: undefined,
    auditReceiver: auditReceiverOf(options, paths, hostAddress),
    kubeconfigFor: async (user, groups) => {
      const file = join(paths.kubeconfigs, `${fileNameOf(user)}.yaml`);
      await writeUserKubeconfig(source, file, user, groups);
      return file;
    },
    importImage: async (archive) => {
      await run('kind', ['load', 'image-archive', archive, '--name', name]);
    },
    stop: () => stopKind(options, run),
  };
}

/** Deletes the kind cluster of this name, if there is one, with its state. */
export async function stopKind(options: Pick<ClusterOptions, 'name' | 'directory'>, run: Runner): Promise<void> {
  const { admin } = kubeconfigPaths(options.directory);
  await run('kind', kindDeleteArguments(kindName(options), admin));
  for (const path of clusterPaths(options.directory).removedAtStop) await rm(path, { recursive: true, force: true });
}

function auditFolderOf(paths: ClusterPaths): string {
  return join(paths.config, 'audit');
}

/** A cluster that was created without one sends its events nowhere. */
function auditReceiverOf(
  { auditReceiver }: ClusterOptions,
  paths: ClusterPaths,
  host: string,
): AuditReceiverFiles | undefined {
  if (auditReceiver === undefined) return undefined;
  const files = auditReceiverFiles(auditFolderOf(paths), host, auditReceiver.port);
  return existsSync(files.certificateFile) ? files : undefined;
}

async function prepareKindFolder(options: ClusterOptions, paths: ClusterPaths, host: string): Promise<string> {
  const root = repositoryRoot();
  const auditFolder = auditFolderOf(paths);
  await mkdir(paths.config, { recursive: true });
  await cp(join(root, 'deploy/kind/audit'), auditFolder, { recursive: true });
  // What the API server's kubeconfig names must be there when it starts, whether or not anybody listens.
  await writeAuditCertificates(auditFolder, host);
  const webhook = join(auditFolder, 'webhook.yaml');
  if (options.auditWebhookKubeconfig !== undefined) await cp(options.auditWebhookKubeconfig, webhook);
  if (options.auditReceiver !== undefined)
    await writeFile(webhook, auditWebhookKubeconfig(NODE_AUDIT_FOLDER, host, options.auditReceiver.port));
  const template = await readFile(join(root, 'kind-config.yaml'), 'utf8');
  const file = join(paths.config, 'kind.yaml');
  await writeFile(file, renderKindConfig(template, { auditFolder, hostPort: options.portBase + NODE_PORT_OFFSET }));
  return file;
}

/** Gives pods the image that they have on every other cluster of ours, from Docker's busybox. */
async function loadBusybox(name: string, run: Runner): Promise<void> {
  await run('docker', ['pull', DOCKER_BUSYBOX], { timeoutMs: CREATE_TIMEOUT_MS });
  await run('docker', ['tag', DOCKER_BUSYBOX, BUSYBOX_IMAGE]);
  await run('kind', ['load', 'docker-image', BUSYBOX_IMAGE, '--name', name]);
}

/** kind's authority is on its node; with it users are signed as on any other cluster. */
async function fetchAuthority(name: string, paths: ClusterPaths, run: Runner): Promise<void> {
  await mkdir(paths.pki, { recursive: true, mode: 0o700 });
  await writeOpensslConfig(paths.pki);
  for (const file of ['ca.crt', 'ca.key']) {
    const content = await run('docker', ['exec', `${name}-control-plane`, 'cat', `/etc/kubernetes/pki/${file}`]);
    await writeFile(join(paths.pki, file), content, { mode: 0o600 });
  }
}

/** The machine's address in the network that kind's nodes are in: kind makes it with the first cluster, where it is not there. */
async function kindHostAddress(run: Runner): Promise<string> {
  const format = '{{range .IPAM.Config}}{{.Gateway}} {{end}}';
  const inspect = () => run('docker', ['network', 'inspect', 'kind', '--format', format]);
  const shown = await inspect().catch(async () => {
    await run('docker', ['network', 'create', 'kind']);
    return await inspect();
  });
  const gateways = shown.split(/\s+/);
  const address = gateways.find((gateway) => /^\d+(\.\d+){3}$/.test(gateway));
  if (address === undefined) throw new Error('the docker network of kind has no IPv4 gateway');
  return address;
}

const ServerOfKubeconfig = z.object({ clusters: z.tuple([z.object({ cluster: z.object({ server: z.string() }) })]) });

async function serverOf(kubeconfig: string): Promise<string> {
  const parsed = ServerOfKubeconfig.parse(parse(await readFile(kubeconfig, 'utf8')));
  return parsed.clusters[0].cluster.server;
}
