import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Clock } from '../../src/ports/clock.ts';
import type { Cluster } from '../cluster/options.ts';
import { repositoryRoot } from '../cluster/profiles.ts';
import { waitUntil } from '../cluster/wait.ts';
import { buildConsole } from '../console/build.ts';
import { type Kubectl, kubectlAs } from './kubectl.ts';
import { configFile, killSallyport, type ProcessPlace, startSallyport, stopSallyport } from './sallyport-process.ts';
import { people, peopleMap, type Playground, playground, service } from './manifests.ts';

export interface InstallOptions {
  readonly directory: string;
  /** Of the webhook; the next one is health and metrics. */
  readonly port: number;
  /** Of the API of evidence. */
  readonly evidencePort: number;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly playground: Playground;
  /** The people map, as YAML. */
  readonly people: string;
  /** Of the configuration, what is to differ from the defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Sallyport on a cluster, as a process of this machine with the token of its ServiceAccount. */
export interface Installation {
  readonly place: ProcessPlace;
  readonly admin: Kubectl;
  /** A folder with kubectl, sallyport, kubectl-sallyport and its completion for kubectl. */
  readonly bin: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const SYSTEM_NAMESPACE = 'sallyport-system';
/** Longer than anybody leaves a cluster for working by hand up. */
const TOKEN_LIFETIME = '720h';
const CRDS = ['approvalpolicies', 'approvalrequests', 'approvalvotes'].map((plural) => `crd/${plural}.sallyport.dev`);
const CONFIGURED_TIMEOUT_MS = 90_000;
const APPLIED_TIMEOUT_MS = 15_000;

interface ApplyContext {
  readonly admin: Kubectl;
  readonly clock: Clock;
  readonly directory: string;
}

/** CRDs, RBAC, the Service, a process, and the two namespaces with a pod each that people play in. */
export async function installSallyport(cluster: Cluster, options: InstallOptions): Promise<Installation> {
  const { directory, clock, log } = options;
  const root = repositoryRoot();
  const admin = kubectlAs(cluster, cluster.kubeconfigs.admin);
  const place: ProcessPlace = { directory, healthPort: options.port + 1 };
  await stopSallyport(place, clock);
  await mkdir(directory, { recursive: true });

  await openFence({ admin, clock, directory });
  log('installing Sallyport: kinds, roles and the webhook');
  await admin('apply', '-f', join(root, 'deploy/namespace.yaml'));
  await admin('apply', '-f', join(root, 'crds'), '-f', join(root, 'deploy'));
  await admin('wait', '--for=condition=Established', '--timeout=30s', ...CRDS);
  await applyText({ admin, clock, directory }, 'service.yaml', service(SYSTEM_NAMESPACE, cluster.hostAddress, options));
  await applyText({ admin, clock, directory }, 'playground.yaml', playground());
  await applyText({ admin, clock, directory }, 'people.yaml', people(options.playground));
  await applyText({ admin, clock, directory }, 'people-map.yaml', peopleMap(SYSTEM_NAMESPACE, options.people));

  const token = (
    await admin('create', 'token', 'sallyport', '-n', SYSTEM_NAMESPACE, '--duration', TOKEN_LIFETIME)
  ).trim();
  const kubeconfig = await writeTokenKubeconfig(admin, directory, token);
  const config = {
    kubeconfig,
    systemNamespace: SYSTEM_NAMESPACE,
    webhook: { listen: { host: cluster.hostAddress, port: options.port }, limits: { lingerSeconds: 1 } },
    health: { host: '127.0.0.1', port: place.healthPort },
    ...options.settings,
  };
  await writeFile(configFile(place), stringify(config), { mode: 0o600 });
  const bin = await writePrograms(cluster, directory);
  if ('console' in options.settings) await buildConsole(root);
  const start = async () => {
    await startSallyport(place, clock);
    const what = 'the webhook configurations to trust the serving certificate';
    await waitUntil({ what, timeoutMs: CONFIGURED_TIMEOUT_MS, clock }, () => isConfigured(admin));
  };
  await start();
  await admin('wait', '--for=condition=Ready', '--timeout=60s', '-n', 'prod', 'pod/web-0');
  await admin('wait', '--for=condition=Ready', '--timeout=60s', '-n', 'dev', 'pod/web-0');
  log('Sallyport is ready');
  return { place, admin, bin, start, stop: () => stopSallyport(place, clock), kill: () => killSallyport(place, clock) };
}

/** An installation that was here before guards what is written now. Sallyport is stopped, and puts the fence up again. */
async function openFence({ admin, clock }: ApplyContext): Promise<void> {
  const deleted = await admin('delete', 'validatingadmissionpolicybinding', 'sallyport-fence', '--ignore-not-found');
  if (deleted.trim() === '') return;
  // The API server heeds a deleted binding a moment later.
  await waitUntil({ what: 'the fence to be open', timeoutMs: APPLIED_TIMEOUT_MS, clock }, async () => {
    await admin('create', 'token', 'sallyport', '-n', SYSTEM_NAMESPACE, '--duration', '10m');
    return true;
  });
}

async function applyText({ admin, clock, directory }: ApplyContext, name: string, text: string): Promise<void> {
  const file = join(directory, name);
  await writeFile(file, text);
  // A pod is refused until its namespace has the default ServiceAccount, a moment after the namespace.
  await waitUntil({ what: `${name} to be applied`, timeoutMs: APPLIED_TIMEOUT_MS, clock }, async () => {
    await admin('apply', '-f', file);
    return true;
  });
}

/** An installation that was here before leaves configurations behind: they count once they trust who serves now. */
async function isConfigured(admin: Kubectl): Promise<boolean> {
  const bundle = await admin(
    'get',
    'secret/sallyport-serving-certificate',
    '-n',
    SYSTEM_NAMESPACE,
    '-o',
    'jsonpath={.data.ca\\.crt}',
  );
  const trusted = await admin(
    'get',
    'validatingwebhookconfiguration/sallyport-own-kinds',
    '-o',
    'jsonpath={.webhooks[0].clientConfig.caBundle}',
  );
  await admin('get', 'validatingwebhookconfiguration/sallyport-gate');
  return bundle !== '' && trusted === bundle;
}

async function writeTokenKubeconfig(admin: Kubectl, directory: string, token: string): Promise<string> {
  const view = JSON.parse(await admin('config', 'view', '--raw', '--minify', '--flatten', '-o', 'json')) as {
    clusters: unknown;
  };
  const kubeconfig = {
    ...view,
    users: [{ name: 'sallyport', user: { token } }],
    contexts: [
      { name: 'sallyport', context: { cluster: (view.clusters as { name: string }[])[0]?.name, user: 'sallyport' } },
    ],
    'current-context': 'sallyport',
  };
  const file = join(directory, 'sallyport.kubeconfig');
  await writeFile(file, stringify(kubeconfig), { mode: 0o600 });
  return file;
}

/** Small scripts, so that the programs run under the project's Node wherever they are called from. */
async function writePrograms(cluster: Cluster, directory: string): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin, { recursive: true });
  const plugin = [process.execPath, join(repositoryRoot(), 'src/bin/kubectl-sallyport.ts')];
  const programs = {
    kubectl: [cluster.kubectl],
    sallyport: [process.execPath, join(repositoryRoot(), 'src/bin/sallyport.ts')],
    'kubectl-sallyport': plugin,
    'kubectl_complete-sallyport': [...plugin, '__complete'],
  };
  for (const [name, command] of Object.entries(programs)) {
    const file = join(bin, name);
    await writeFile(file, `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')} "$@"\n`);
    await chmod(file, 0o755);
  }
  return bin;
}
