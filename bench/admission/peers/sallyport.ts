import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { repositoryRoot } from '../../../tools/cluster/profiles.ts';
import { run } from '../../../tools/cluster/run.ts';
import { NODE_FLAGS, nodeEnvironment } from '../../../tools/install/node-options.ts';
import { waitUntil } from '../../../tools/cluster/wait.ts';
import { startServer, type Target } from '../target.ts';
import type { Workbench } from '../workbench.ts';

/** The part of a ValidatingWebhookConfiguration that is read. */
interface GateConfiguration {
  readonly metadata: { readonly name: string };
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig: { readonly url?: string; readonly caBundle?: string };
  }[];
}

const NAMESPACE = 'sallyport-system';
const GATE = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sallyport-gate';
const READY_TIMEOUT_MS = 60_000;

/** Its addresses carry the revision of the policies: one that is many changes old is denied as what is ahead of memory. */
export interface SallyportTarget extends Target {
  /** Reads the addresses anew, after policies have changed. */
  refresh(): Promise<void>;
}

/** `sallyport serve` as it is deployed: both roles, TLS, its own certificate, decision log, metrics, watches. */
export async function startSallyport(port: number, bench: Workbench): Promise<SallyportTarget> {
  const { plane, directory, clock } = bench;
  const file = join(directory, 'sallyport.yaml');
  const config = {
    kubeconfig: await plane.tokenKubeconfig(NAMESPACE, 'sallyport'),
    systemNamespace: NAMESPACE,
    webhook: {
      listen: { host: '127.0.0.1', port },
      url: `https://127.0.0.1:${port}`,
      limits: { lingerSeconds: 1, drainSeconds: 2 },
    },
    health: { host: '127.0.0.1', port: port + 1 },
    // The benchmark of growth opens more than anybody would let a cluster have.
    requests: { pendingPerRequester: 1000, pendingInAll: 100_000 },
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  const program = join(repositoryRoot(), 'src/bin/sallyport.ts');
  const env = nodeEnvironment();
  // So that the cache of stripped sources is there, as it is from the second start on.
  await run(process.execPath, [program, 'version'], { env: { ...process.env, ...env }, timeoutMs: READY_TIMEOUT_MS });
  const command = [process.execPath, ...NODE_FLAGS, program, 'serve', '--config', file];
  const server = startServer({ name: 'sallyport', command, directory, env });
  try {
    const wait = { what: 'Sallyport', timeoutMs: READY_TIMEOUT_MS, clock, check: () => server.check() };
    await waitUntil(wait, async () => {
      readGate(await plane.admin.get<GateConfiguration>(GATE));
      return (await fetch(`http://127.0.0.1:${port + 1}/readyz`)).ok;
    });
    let gate = readGate(await plane.admin.get<GateConfiguration>(GATE));
    return {
      ...server,
      name: 'sallyport',
      description: 'sallyport serve: webhook and controller, decision log at info, metrics, a real API server',
      authority: gate.authority,
      url: (reviewClass) => (reviewClass === 'connect' ? gate.connect : gate.write),
      refresh: async () => {
        gate = readGate(await plane.admin.get<GateConfiguration>(GATE));
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** The addresses that the API server is told: their paths are Sallyport's own business. Throws until there are both. */
function readGate(configuration: GateConfiguration) {
  const find = (prefix: string) => configuration.webhooks?.find(({ name }) => name.startsWith(prefix))?.clientConfig;
  const [connect, write] = [find('connect-'), find('write-')];
  if (connect?.url === undefined || write?.url === undefined || connect.caBundle === undefined) {
    throw new Error('the webhook configuration names no address yet');
  }
  return {
    connect: connect.url,
    write: write.url,
    authority: Buffer.from(connect.caBundle, 'base64').toString(),
  };
}
