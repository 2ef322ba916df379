import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../../../tools/cluster/profiles.ts';
import { configFile } from '../../../tools/install/sallyport-process.ts';
import { achieves } from '../../harness/achieves.ts';
import { runnable } from './apart-manifests.ts';
import { json, must, mustApply } from './kubectl.ts';
import { server } from './server.ts';

/** What the cluster asks while this lives: the pods of deploy/apart, each with its own ServiceAccount and one role. */
export interface Apart extends AsyncDisposable {
  /** Of the role audit, as this machine sees it. */
  readonly ledger: string;
  /** SIGKILL; the kubelet starts it again. */
  killAudit(): Promise<void>;
  /** How often the kubelet has started it again. */
  auditRestarts(): Promise<number>;
  stopAudit(): Promise<void>;
  startAudit(): Promise<void>;
  /** What the webhook has logged. */
  webhookLog(): Promise<string>;
  /** Of the webhook: undefined where there is none of this name. */
  webhookMetric(name: string): Promise<number | undefined>;
}

interface MainConfig {
  readonly requests?: object;
  readonly audit: {
    readonly receiver: {
      readonly listen: { readonly host: string; readonly port: number };
      readonly clientAuthority: string;
    };
  };
}

const SYSTEM = ['-n', 'sallyport-system'] as const;
const RECEIVER_PORT = 8446;
const INTAKE_PORT = 8447;
/** As in deploy/apart. */
const USER_ID = 65_532;
const UP = '--timeout=180s';
const API_SERVICE = 'apiservice/v1alpha1.evidence.sallyport.dev';

export async function startApart(settings: object): Promise<Apart> {
  const { place } = inject('e2e');
  const { requests, audit } = parse(await readFile(configFile(place), 'utf8')) as MainConfig;
  const { listen, clientAuthority } = audit.receiver;
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-apart-'));
  let podAddress = '127.0.0.1';
  const lines: Awaited<ReturnType<typeof forward>>[] = [];
  const auditUp = async (): Promise<void> => {
    await must('admin', ['rollout', 'status', 'statefulset/sallyport-audit', ...SYSTEM, UP], { timeout: 200_000 });
    podAddress = await addressOf('sallyport-audit-0');
  };
  const scale = (replicas: number) =>
    must('admin', ['scale', 'statefulset/sallyport-audit', ...SYSTEM, `--replicas=${replicas}`]);
  const down = async (): Promise<void> => {
    await removeApart();
    for (const line of lines) await line.close();
    await rm(folder, { recursive: true, force: true });
    await server.start();
    await achieves(
      'the API of evidence to be that of the one process',
      async () => {
        const { spec } = await json<{ spec: { service: { name: string } } }>('admin', ['get', API_SERVICE]);
        if (spec.service.name !== 'sallyport') throw new Error(`it is that of ${spec.service.name}`);
        await must('admin', ['get', 'validatingadmissionpolicybinding/sallyport-fence']);
      },
      60_000,
    );
    await must('admin', ['wait', '--for=condition=Available', '--timeout=30s', API_SERVICE]);
  };
  try {
    await server.stop();
    lines.push(await forward(listen.host, listen.port, () => ({ host: podAddress, port: RECEIVER_PORT })));
    lines.push(await forward(listen.host, INTAKE_PORT, () => ({ host: podAddress, port: INTAKE_PORT })));
    await openFence();
    await must('admin', ['delete', 'service/sallyport', 'endpointslice/sallyport', ...SYSTEM]);
    await secrets(dirname(clientAuthority));
    for (const role of ['audit', 'webhook']) await volume(role, join(folder, role));
    const common = { requests, controller: { leaseSeconds: 3 }, webhook: { limits: { lingerSeconds: 0.1 } } };
    for (const part of ['config', 'audit', 'controller', 'webhook'] as const) {
      await mustApply('admin', ...(await runnable(part, listen.host, { ...common, ...settings })));
    }
    await auditUp();
    for (const workload of ['statefulset/sallyport-webhook', 'deployment/sallyport-controller'])
      await must('admin', ['rollout', 'status', workload, ...SYSTEM, UP], { timeout: 200_000 });
    await achieves(
      'the API of evidence to be that of the role audit',
      async () => {
        const { spec } = await json<{ spec: { service: { name: string } } }>('admin', ['get', API_SERVICE]);
        if (spec.service.name !== 'sallyport-audit') throw new Error(`it is that of ${spec.service.name}`);
      },
      60_000,
    );
    await must('admin', ['wait', '--for=condition=Available', '--timeout=60s', API_SERVICE]);
  } catch (error) {
    const told = await Promise.all(
      [
        ['get', 'pods,pv,pvc', ...SYSTEM, '-o', 'wide'],
        ['describe', 'pods', ...SYSTEM],
      ].map((args) => must('admin', args).catch(String)),
    );
    await down();
    throw new Error(told.join('\n'), { cause: error });
  }
  return {
    ledger: join(folder, 'audit/ledger'),
    killAudit: async () => {
      process.kill(await achieves('the role audit to run', auditProcess, 60_000), 'SIGKILL');
    },
    auditRestarts: async () => {
      const path = 'jsonpath={.status.containerStatuses[0].restartCount}';
      return Number(await must('admin', ['get', 'pod/sallyport-audit-0', ...SYSTEM, '-o', path]));
    },
    stopAudit: async () => {
      await scale(0);
      await must('admin', ['wait', '--for=delete', 'pod/sallyport-audit-0', ...SYSTEM, '--timeout=60s']);
    },
    startAudit: async () => {
      await scale(1);
      await auditUp();
    },
    webhookLog: () => must('admin', ['logs', 'sallyport-webhook-0', ...SYSTEM]),
    webhookMetric: async (name) => {
      const address = await addressOf('sallyport-webhook-0');
      const text = await (await fetch(`http://${address}:8080/metrics`)).text();
      const value = new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
      return value === undefined ? undefined : Number(value);
    },
    [Symbol.asyncDispose]: down,
  };
}

function addressOf(pod: string): Promise<string> {
  return must('admin', ['get', `pod/${pod}`, ...SYSTEM, '-o', 'jsonpath={.status.podIP}']);
}

/** Nobody else may write what comes now. The API server heeds a deleted binding a moment later. */
async function openFence(): Promise<void> {
  const bindings = ['sallyport-fence', 'sallyport-own-kinds'];
  await must('admin', ['delete', 'validatingadmissionpolicybinding', ...bindings, '--ignore-not-found']);
  await achieves('the fence to be open', async () => {
    await must('admin', ['create', 'secret', 'generic', 'fence-is-open', ...SYSTEM]);
  });
  await must('admin', ['delete', 'secret', 'fence-is-open', ...SYSTEM]);
}

/** As docs/install.md says. */
async function secrets(certificates: string): Promise<void> {
  const from = (secret: string, name: string) => [
    'create',
    'secret',
    'generic',
    secret,
    ...SYSTEM,
    `--from-file=ca.crt=${join(certificates, 'ca.crt')}`,
    `--from-file=tls.crt=${join(certificates, `${name}.crt`)}`,
    `--from-file=tls.key=${join(certificates, `${name}.key`)}`,
  ];
  await must('admin', from('sallyport-audit-tls', 'server'));
  await must('admin', from('sallyport-recorder-tls', 'sallyport-webhook'));
}

/** A folder of this machine for the one claim of a role, where a cluster of yours makes a disk. */
async function volume(role: string, path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  await chown(path, USER_ID, USER_ID);
  await mustApply('admin', {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `apart-${role}` },
    spec: {
      capacity: { storage: '50Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path },
      claimRef: { namespace: 'sallyport-system', name: `data-sallyport-${role}-0` },
    },
  });
}

/** Everything of it, and the Service of the one process as it was. */
async function removeApart(): Promise<void> {
  const gone = async (...args: readonly string[]) => {
    await must('admin', ['delete', ...args, '--ignore-not-found', '--timeout=90s'], { timeout: 120_000 });
  };
  await gone(
    'statefulset/sallyport-webhook',
    'statefulset/sallyport-audit',
    'deployment/sallyport-controller',
    ...SYSTEM,
  );
  await must(
    'admin',
    ['wait', '--for=delete', 'pod', '-l', 'app.kubernetes.io/name=sallyport', ...SYSTEM, '--timeout=90s'],
    { timeout: 120_000 },
  );
  await openFence();
  await gone('pdb', 'sallyport-webhook', 'sallyport-audit', 'sallyport-controller', ...SYSTEM);
  await gone('service/sallyport', 'service/sallyport-audit', 'configmap/sallyport', ...SYSTEM);
  await gone('secret', 'sallyport-audit-tls', 'sallyport-recorder-tls', 'sallyport-ledger-key', ...SYSTEM);
  await gone('pvc', 'data-sallyport-audit-0', 'data-sallyport-webhook-0', ...SYSTEM);
  await gone('pv', 'apart-audit', 'apart-webhook');
  await must('admin', ['apply', '-f', join(inject('e2e').place.directory, 'service.yaml')]);
}

/** By its command, which names this clone: of the pods of this machine's clusters no other has it. */
async function auditProcess(): Promise<number> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const isOurs = words[0] === process.execPath && words.includes('/etc/sallyport/config/sallyport.yaml');
    if (isOurs && words.includes('audit') && process.execPath.startsWith(repositoryRoot())) found.push(Number(name));
  }
  const [pid] = found;
  if (pid === undefined || found.length > 1) throw new Error(`${found.length} processes of the role audit`);
  return pid;
}

/** TCP to wherever the pod is: there is no kube-proxy. */
async function forward(host: string, port: number, to: () => { readonly host: string; readonly port: number }) {
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect(to());
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  listener.listen(port, host);
  await once(listener, 'listening');
  return {
    close: async () => {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
