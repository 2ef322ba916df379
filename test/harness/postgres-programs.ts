import { execFile } from 'node:child_process';
import { cp, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../tools/cluster/packages.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { run } from '../../tools/cluster/run.ts';
import { libraryPath, unpackPackages } from '../../tools/debian/unpack.ts';

/** Debian keeps its programs out of the PATH, in a folder by version. */
const PROGRAMS = 'usr/lib/postgresql';

/** Where they are elsewhere, the tester says. */
const VARIABLE = 'SALLYPORT_TEST_POSTGRESQL';

export interface PostgresPrograms {
  /** Folder of `initdb` and `postgres`. */
  readonly programs: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * PostgreSQL of this machine: named by the tester, on the PATH, or where Debian has it; otherwise Debian's, unpacked into
 * `.local`. It is never installed: its package would start a server, now and at each boot.
 *
 * @param folder where a copy may be made, of what an unprivileged user cannot reach
 * @param asSomebodyElse whether such a user runs it
 * @throws PackagesMissingError, which says what to do
 */
export async function postgresPrograms(folder: string, asSomebodyElse: boolean): Promise<PostgresPrograms> {
  const { env } = process;
  const named = env[VARIABLE];
  if (named !== undefined && named !== '') return { programs: named, env };
  const installed = await newest('/');
  if (installed !== undefined) return { programs: installed, env };
  const initdb = await findProgram('initdb', env);
  if (initdb !== undefined) return { programs: dirname(initdb), env };
  let root = await unpackPackages(
    {
      name: 'postgresql',
      packages: ['postgresql'],
      who: 'the PostgreSQL tests need',
      otherwise: `Get PostgreSQL 14 or later, and name the folder of its initdb in ${VARIABLE}; no server need run.`,
    },
    {
      folder: join(repositoryRoot(), '.local/debian'),
      log: (line) => console.error(line),
      env,
      run,
      find: findProgram,
    },
  );
  if (asSomebodyElse && !(await isReachable(root))) {
    const copy = join(folder, 'programs');
    await cp(root, copy, { recursive: true, verbatimSymlinks: true });
    root = copy;
  }
  const programs = await newest(root);
  if (programs === undefined) throw new Error(`${root} holds no PostgreSQL; delete it, and it is unpacked again`);
  return { programs, env: { ...env, LD_LIBRARY_PATH: libraryPath(root) } };
}

async function newest(root: string): Promise<string | undefined> {
  const folder = join(root, PROGRAMS);
  const names = await readdir(folder).catch(() => []);
  const versions = names.map(Number).filter((version) => version > 0);
  for (const version of versions.sort((one, other) => other - one)) {
    const programs = join(folder, String(version), 'bin');
    // psql alone stands in the same folder.
    if ((await findProgram(join(programs, 'initdb'), process.env)) !== undefined) return programs;
  }
  return undefined;
}

/** By everybody: a home of root's is nobody else's. */
async function isReachable(path: string): Promise<boolean> {
  const OTHERS_MAY_PASS = 0o001;
  for (let each = path; ; each = dirname(each)) {
    if (((await stat(each)).mode & OTHERS_MAY_PASS) === 0) return false;
    if (each === dirname(each)) return true;
  }
}

/** Somebody whom every Debian has; undefined where we are not root ourselves. */
export async function unprivileged(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> =>
    Number((await promisify(execFile)('id', [flag, 'nobody'])).stdout.trim());
  return { uid: await id('-u'), gid: await id('-g') };
}
