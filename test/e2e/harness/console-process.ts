import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { parse, stringify } from 'yaml';
import { repositoryRoot } from '../../../tools/cluster/profiles.ts';
import { configFile } from '../../../tools/install/sallyport-process.ts';
import { NODE_FLAGS, nodeEnvironment } from '../../../tools/install/node-options.ts';
import { achieves } from '../../harness/achieves.ts';
import { builtConsole } from '../../harness/console-visit.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { type OidcProvider, startOidcProvider } from '../../harness/oidc/provider.ts';
import { testCertificates } from '../../harness/test-certificates.ts';
import { probe } from './server.ts';

/** Another Sallyport on the cluster, with the role of the console, TLS of its own and a real OIDC provider. */
export interface ConsoleProcess extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** PEM, of its certificate and of the provider's. */
  readonly ca: string;
  readonly provider: OidcProvider;
  /** What it has logged so far. */
  log(): Promise<string>;
}

/** On a machine that runs clusters besides. */
const READY_MS = 60_000;

/** @param withEvidence as the Sallyport that the cluster asks keeps it, read through the API server */
export async function startConsoleProcess(withEvidence = false): Promise<ConsoleProcess> {
  const { place } = inject('e2e');
  const { audit } = parse(await readFile(configFile(place), 'utf8')) as { audit?: object };
  await builtConsole();
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-console-'));
  const file = (name: string): string => join(directory, name);
  const { port, healthPort } = await freePorts('port', 'healthPort');
  const url = `https://127.0.0.1:${port}`;
  const [tls] = testCertificates('nobody');
  const provider = await startOidcProvider({
    redirectUris: [`${url}/callback`],
    postLogoutRedirectUris: [`${url}/`],
    tls,
  });
  const config = {
    kubeconfig: join(place.directory, 'sallyport.kubeconfig'),
    systemNamespace: 'sallyport-system',
    roles: ['console'],
    health: { host: '127.0.0.1', port: healthPort },
    ...(withEvidence ? { audit } : {}),
    console: {
      url,
      listen: { host: '127.0.0.1', port },
      tls: { certificateFile: file('cert.pem'), keyFile: file('key.pem') },
      oidc: {
        issuer: provider.issuer,
        clientId: provider.clientId,
        clientSecretFile: file('secret'),
        caFile: file('ca.pem'),
      },
    },
  };
  const files = {
    'sallyport.yaml': stringify(config),
    'cert.pem': tls.cert,
    'key.pem': tls.key,
    'ca.pem': tls.ca,
    secret: provider.clientSecret,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(file(name), text, { mode: 0o600 });
  const log = await open(file('log'), 'a');
  const program = join(repositoryRoot(), 'src/bin/sallyport.ts');
  const child = spawn(process.execPath, [...NODE_FLAGS, program, 'serve', '--config', file('sallyport.yaml')], {
    env: { ...process.env, ...nodeEnvironment() },
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  const end = (): Promise<void> => endAll(child, provider, directory);
  try {
    await achieves(
      'the console to be ready',
      async () => {
        const ready = child.exitCode === null && (await probe({ healthPort }, '/readyz')) === 200;
        if (!ready) throw new Error(`not ready: ${await readFile(file('log'), 'utf8')}`);
      },
      READY_MS,
    );
  } catch (error) {
    await end();
    throw error;
  }
  return { url, ca: tls.ca, provider, log: () => readFile(file('log'), 'utf8'), [Symbol.asyncDispose]: end };
}

async function endAll(child: ChildProcess, provider: OidcProvider, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'exit');
    child.kill('SIGKILL');
    await closed;
  }
  await provider[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
}
