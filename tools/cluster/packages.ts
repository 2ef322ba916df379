import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { SYSTEM_FOLDERS } from './environment.ts';
import type { Runner } from './run.ts';

/** A program by name, or any file by absolute path, and the Debian package that brings it. */
export interface Need {
  readonly file: string;
  readonly package: string;
}

/** Programs that the cluster calls. */
const CLUSTER_NEEDS: readonly Need[] = [
  { file: 'containerd', package: 'containerd' },
  { file: 'ctr', package: 'containerd' },
  { file: 'containerd-shim-runc-v2', package: 'containerd' },
  { file: 'runc', package: 'runc' },
  { file: 'busybox', package: 'busybox-static' },
  { file: 'ip', package: 'iproute2' },
  { file: 'iptables', package: 'iptables' },
  { file: 'openssl', package: 'openssl' },
  { file: 'flock', package: 'util-linux' },
  { file: 'mount', package: 'mount' },
  { file: '/usr/lib/cni/bridge', package: 'containernetworking-plugins' },
  { file: '/usr/lib/cni/host-local', package: 'containernetworking-plugins' },
];

/** What the tests of the console's page run it in, and a font, so that pictures of it look alike on every machine. */
export const BROWSER_NEEDS: readonly Need[] = [
  { file: 'chromium', package: 'chromium' },
  { file: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf', package: 'fonts-dejavu-core' },
];

/** A mirror may be slow; a hanging one must not hang us. */
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** Programs are missing and could not be installed from here. */
export class PackagesMissingError extends Error {
  readonly code = 'PACKAGES_MISSING';
  override readonly name = 'PackagesMissingError';
}

export interface PackagesContext {
  readonly log: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly run: Runner;
  readonly isRoot: boolean;
  /** Path of a program, or undefined; `findProgram` but in tests. */
  readonly find: typeof findProgram;
}

/**
 * Installs what is missing where this is Debian and we are root; otherwise throws with the packages' names.
 *
 * @param who needs them, for the message
 */
export async function ensurePackages(
  context: PackagesContext,
  needs: readonly Need[] = CLUSTER_NEEDS,
  who = 'the local cluster needs',
): Promise<void> {
  const missing = await missingPackages(context, needs);
  if (missing.length === 0) return;
  const names = missing.join(' ');
  const command = `apt-get install -y --no-install-recommends ${names}`;
  const hasApt = (await context.find('apt-get', context.env)) !== undefined;
  if (!hasApt || !context.isRoot) {
    throw new PackagesMissingError(`${who} these Debian packages (or their like): ${names}. Run: ${command}`);
  }
  context.log(`installing ${names}`);
  const options = { timeoutMs: INSTALL_TIMEOUT_MS, env: { ...context.env, DEBIAN_FRONTEND: 'noninteractive' } };
  await context.run('apt-get', ['update'], options);
  await context.run('apt-get', ['install', '-y', '--no-install-recommends', ...missing], options);
  const still = await missingPackages(context, needs);
  if (still.length > 0)
    throw new PackagesMissingError(`after installing ${names}, ${still.join(' ')} still lack their programs`);
}

async function missingPackages({ find, env }: PackagesContext, needs: readonly Need[]): Promise<string[]> {
  const found = await Promise.all(
    needs.map(async (need) => ((await find(need.file, env)) === undefined ? [need.package] : [])),
  );
  return [...new Set(found.flat())];
}

/** Path of a program by name, or of a file by absolute path, or undefined. */
export async function findProgram(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folders = [...(env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')), ...SYSTEM_FOLDERS];
  const candidates = name.startsWith('/') ? [name] : folders.map((folder) => join(folder, name));
  for (const candidate of candidates) {
    const found = await access(candidate, name.startsWith('/') ? constants.R_OK : constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return undefined;
}
