import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PackagesContext, PackagesMissingError } from '../cluster/packages.ts';

export interface Unpacked {
  /** Name of its folder. */
  readonly name: string;
  /** Debian packages; what they need and the machine lacks comes with them. */
  readonly packages: readonly string[];
  /** Who needs them, and how somebody without Debian gets them: the error says so. */
  readonly who: string;
  readonly otherwise: string;
}

export interface UnpackContext extends Omit<PackagesContext, 'isRoot'> {
  /** Of this repository: `.local/debian`. */
  readonly folder: string;
  /** What the machine has already. */
  readonly status?: string;
}

/** A mirror may be slow; a hanging one must not hang us. */
const TIMEOUT_MS = 10 * 60_000;

const COMPLETE = 'complete';

/**
 * Unpacks programs of Debian into a folder of ours. Nothing is installed: their services are not started, now or at the next
 * boot, no user is made, nothing of the machine's own apt is touched, and nobody needs to be root.
 *
 * @returns the folder that stands for `/`
 * @throws PackagesMissingError where this is not Debian
 */
export async function unpackPackages(what: Unpacked, context: UnpackContext): Promise<string> {
  const { folder, run, env, find, log } = context;
  const root = join(folder, what.name);
  if (await isThere(join(root, COMPLETE))) return root;
  const tools = await Promise.all(['apt-get', 'dpkg-deb'].map((name) => find(name, env)));
  if (tools.includes(undefined)) {
    throw new PackagesMissingError(
      `${what.who} ${what.packages.join(' ')} of Debian, which this machine is not. ${what.otherwise}`,
    );
  }
  log(`unpacking ${what.packages.join(' ')} into ${root}; nothing is installed`);
  // Two test runs at once must not use one folder.
  const work = `${root}.${process.pid}`;
  await rm(work, { recursive: true, force: true });
  const [archives, lists, files] = [join(work, 'cache/archives'), join(work, 'state/lists'), join(work, 'root')];
  for (const each of [join(archives, 'partial'), join(lists, 'partial'), files]) await mkdir(each, { recursive: true });
  const apt = (...args: readonly string[]): Promise<string> =>
    run('apt-get', [...privately(work, context.status), ...args], { timeoutMs: TIMEOUT_MS, env });
  try {
    await apt('update');
    await apt('install', '--download-only', '--yes', '--no-install-recommends', ...what.packages);
    const found = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
    if (found.length === 0) throw new PackagesMissingError(`${what.packages.join(' ')}: apt-get has fetched nothing`);
    for (const file of found) {
      await run('dpkg-deb', ['--extract', join(archives, file), files], { timeoutMs: TIMEOUT_MS, env });
    }
    await writeFile(join(files, COMPLETE), `${found.join('\n')}\n`);
    await rm(root, { recursive: true, force: true });
    await rename(files, root).catch(async (error: unknown) => {
      // Somebody else was as fast.
      if (!(await isThere(join(root, COMPLETE)))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return root;
}

/** apt with lists and archives of our own, and the machine's knowledge of what is installed, which it reads alone. */
function privately(work: string, status = '/var/lib/dpkg/status'): readonly string[] {
  const settings = {
    'Dir::State': join(work, 'state'),
    'Dir::State::status': status,
    'Dir::Cache': join(work, 'cache'),
    // Root's apt fetches as a user who may not look into a home.
    'APT::Sandbox::User': 'root',
    // The machine's own apt may run meanwhile: nothing here is shared with it.
    'Debug::NoLocking': 'true',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Where the dynamic linker finds the libraries of what was unpacked. */
export function libraryPath(root: string): string {
  const machine = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  return ['usr/lib', 'lib'].map((folder) => join(root, folder, machine)).join(':');
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
