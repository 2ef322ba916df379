import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import { repositoryRoot } from '../../../tools/cluster/profiles.ts';
import { achieves } from '../../harness/achieves.ts';
import { freePort } from '../../harness/console-server.ts';
import { type OidcProvider, startOidcProvider } from '../../harness/oidc/provider.ts';
import { probe } from './server.ts';

/** The role console in a process of its own, under the identity of Sallyport, with a real OIDC provider beside it. */
export interface ConsoleProcess extends AsyncDisposable {
  readonly url: string;
  readonly provider: OidcProvider;
  /** What it has logged so far. */
  log(): string;
}

/** Returns when it says that it is ready. The page is served where `npm run build-console` has made one. */
export async function startConsoleProcess(): Promise<ConsoleProcess> {
  const { place } = inject('e2e');
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-console-'));
  const [port, healthPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const provider = await startOidcProvider({
    redirectUris: [`${url}/callback`],
    postLogoutRedirectUris: [`${url}/`],
  });
  await writeFile(join(directory, 'client-secret'), `${provider.clientSecret}\n`, { mode: 0o600 });
  const config = {
    kubeconfig: join(place.directory, 'sallyport.kubeconfig'),
    roles: ['console'],
    health: { host: '127.0.0.1', port: healthPort },
    console: {
      url,
      listen: { host: '127.0.0.1', port },
      oidc: {
        issuer: provider.issuer,
        clientId: provider.clientId,
        clientSecretFile: join(directory, 'client-secret'),
        usernameClaim: 'name',
      },
    },
  };
  await writeFile(join(directory, 'sallyport.yaml'), stringify(config));
  const program = join(repositoryRoot(), 'src/bin/sallyport.ts');
  const child = spawn(process.execPath, [program, 'serve', '--config', join(directory, 'sallyport.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const end = async () => {
    await stop(child);
    await provider[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await achieves('the console to be ready', async () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${lines.join('')}`);
      if ((await probe({ healthPort }, '/readyz')) !== 200)
        throw new Error(`not ready: ${lines.join('').slice(-2_000)}`);
    });
  } catch (error) {
    await end();
    throw error;
  }
  return { url, provider, log: () => lines.join(''), [Symbol.asyncDispose]: end };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await closed;
  clearTimeout(late);
}
