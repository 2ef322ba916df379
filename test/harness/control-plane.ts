import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from '../../src/platform/kube/client.ts';
import type { KubeObject } from '../../src/platform/kube/kube-object.ts';
import { resourcePath } from '../../src/platform/kube/resource-path.ts';
import { clusterAddresses, clusterPorts } from '../../tools/cluster/addresses.ts';
import { apiGet } from '../../tools/cluster/api.ts';
import { apiServerFiles, apiServerFlags } from '../../tools/cluster/api-server-config.ts';
import {
  AUDIT_KUBECONFIG,
  type AuditReceiver,
  type AuditReceiverFiles,
  auditFolder,
  auditReceiverFiles,
  auditWebhookKubeconfig,
  writeAuditCertificates,
} from '../../tools/cluster/audit-webhook.ts';
import { ensureClusterBinary } from '../../tools/cluster/binary.ts';
import { logTail } from '../../tools/cluster/component-process.ts';
import { writeUserKubeconfig } from '../../tools/cluster/kubeconfig.ts';
import { type ClusterPaths, clusterPaths } from '../../tools/cluster/paths.ts';
import { createPki } from '../../tools/cluster/pki.ts';
import { waitUntil } from '../../tools/cluster/wait.ts';

/** The range of Service addresses; nothing is ever routed there. */
const SUBNET = 140;
const START_TIMEOUT_MS = 90_000;

/** etcd and kube-apiserver, nothing else: no controller, no scheduler, no node. */
export interface ControlPlane extends AsyncDisposable {
  readonly directory: string;
  readonly server: string;
  /** For a receiver at the port that was given. */
  readonly audit: AuditReceiverFiles;
  /** In group system:masters. */
  readonly admin: KubeClient;
  /** A kubeconfig with a token of the ServiceAccount (TokenRequest). */
  tokenKubeconfig(namespace: string, serviceAccount: string): Promise<string>;
  clientOf(kubeconfig: string): KubeClient;
  /** Server-side apply of every document of a YAML file, or of the YAML files of a folder. */
  apply(path: string): Promise<void>;
}

/** Where a control plane sends its audit events, and what its API server is told besides. */
export interface ControlPlaneAudit extends AuditReceiver {
  readonly flags?: readonly string[];
  /** Instead of the one that docs/audit.md recommends. */
  readonly policy?: string;
  /** The certificates are there, and nothing is started yet. */
  readonly beforeStart?: (files: AuditReceiverFiles) => Promise<void>;
}

/** Listens on 127.0.0.1, on the first three ports from `portBase` on. */
export async function startControlPlane(portBase: number, auditTo?: ControlPlaneAudit): Promise<ControlPlane> {
  const binary = await ensureClusterBinary({ clock: systemClock, log: () => {}, env: process.env });
  const directory = await mkdtemp(join(tmpdir(), 'control-plane-'));
  const paths = clusterPaths(directory);
  const ports = clusterPorts(portBase);
  const addresses = clusterAddresses(SUBNET);
  const server = `https://127.0.0.1:${ports.apiServer}`;
  const processes: ChildProcess[] = [];
  const clients: KubeClient[] = [];

  const clientOf = (kubeconfig: string): KubeClient => {
    const client = loadKubeClient({ kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
    clients.push(client);
    return client;
  };
  const run = (name: string, flags: readonly string[]): ChildProcess => {
    const log = openSync(join(paths.logs, `${name}.log`), 'w');
    const child = spawn(binary, [name, ...flags], { stdio: ['ignore', log, log] });
    closeSync(log);
    processes.push(child);
    return child;
  };
  const stop = async (): Promise<void> => {
    for (const client of clients) client.close();
    for (const child of processes.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(directory, { recursive: true, force: true });
  };

  try {
    for (const folder of [paths.logs, paths.config, paths.kubeconfigs]) await mkdir(folder, { recursive: true });
    await createPki(paths.pki, 'control-plane', addresses);
    for (const [name, text] of Object.entries(apiServerFiles(paths))) await writeFile(join(paths.config, name), text);
    const audit = auditTo === undefined ? undefined : await auditSettings(paths, auditTo);
    const client = `http://127.0.0.1:${ports.etcdClient}`;
    const peer = `http://127.0.0.1:${ports.etcdPeer}`;
    const etcd = run('etcd', [
      `--data-dir=${paths.etcd}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ]);
    const flags = apiServerFlags({ paths, addresses, ports, audit });
    const apiServer = run('kube-apiserver', [...flags, '--bind-address=127.0.0.1', ...(auditTo?.flags ?? [])]);
    const adminFile = join(paths.kubeconfigs, 'admin.yaml');
    await writeUserKubeconfig({ pki: paths.pki, server }, adminFile, 'admin', ['system:masters']);
    const admin = clientOf(adminFile);
    const check = async (): Promise<void> => {
      for (const [name, child] of Object.entries({ etcd, 'kube-apiserver': apiServer })) {
        if (child.exitCode !== null)
          throw new Error(`${name} ended:\n${await logTail(join(paths.logs, `${name}.log`))}`);
      }
    };
    const ready = async () => (await apiGet(server, paths.pki, 'user-admin', '/readyz')).status === 200;
    await waitUntil({ what: 'the API server', timeoutMs: START_TIMEOUT_MS, clock: systemClock, check }, ready);

    return {
      directory,
      server,
      audit: auditReceiverFiles(auditFolder(paths), '127.0.0.1', auditTo?.port ?? 0),
      admin,
      clientOf,
      tokenKubeconfig: async (namespace, serviceAccount) => {
        const path = resourcePath({
          group: '',
          version: 'v1',
          plural: 'serviceaccounts',
          namespace,
          name: serviceAccount,
          subresource: 'token',
        });
        const review = await admin.create<{ status: { token: string } }>(path, {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: 3600 },
        });
        const authority = (await readFile(join(paths.pki, 'ca.crt'))).toString('base64');
        const file = join(paths.kubeconfigs, `${serviceAccount}.yaml`);
        await writeFile(
          file,
          stringify({
            apiVersion: 'v1',
            kind: 'Config',
            clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': authority } }],
            users: [{ name: 'u', user: { token: review.status.token } }],
            contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
            'current-context': 'x',
          }),
          { mode: 0o600 },
        );
        return file;
      },
      apply: async (path) => {
        const files = path.endsWith('.yaml')
          ? [path]
          : (await readdir(path)).filter((name) => name.endsWith('.yaml')).map((name) => join(path, name));
        for (const file of files) {
          for (const document of parseAllDocuments(await readFile(file, 'utf8'), { merge: true })) {
            await applyObject(admin, document.toJS() as KubeObject);
          }
        }
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function auditSettings(paths: ClusterPaths, { port, mode, policy, beforeStart }: ControlPlaneAudit) {
  const kubeconfig = join(paths.config, AUDIT_KUBECONFIG);
  const folder = auditFolder(paths);
  await writeAuditCertificates(folder, '127.0.0.1');
  await writeFile(kubeconfig, auditWebhookKubeconfig(folder, '127.0.0.1', port));
  if (policy !== undefined) await writeFile(join(paths.config, 'audit-policy.yaml'), policy);
  await beforeStart?.(auditReceiverFiles(folder, '127.0.0.1', port));
  return { kubeconfig, mode };
}

async function applyObject(admin: KubeClient, object: KubeObject): Promise<void> {
  const [version = '', group = ''] = (object.apiVersion ?? '').split('/').toReversed();
  const plural = `${(object.kind ?? '').toLowerCase().replace(/y$/, 'ie')}s`;
  const { name, namespace } = object.metadata;
  const path = resourcePath({ group, version, plural, name, ...(namespace === undefined ? {} : { namespace }) });
  await admin.patch(path, object, { type: 'apply', fieldManager: 'test', force: true });
}
