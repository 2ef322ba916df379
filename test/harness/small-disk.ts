import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages, findProgram } from '../../tools/cluster/packages.ts';
import { run } from '../../tools/cluster/run.ts';

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

/**
 * Mounting needs root. Whoever is not sees these tests skipped, by their names; in CI (`CI` is set) they run, and fail, so that
 * nobody believes that they have passed there.
 */
export const whereDisksMount = isRoot || (process.env['CI'] ?? '') !== '';

const IMAGE_BYTES = 8 * 1024 * 1024;

/** An ext4 of 8 MiB in a file, mounted by a loop device. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  command(program: string, ...args: string[]): Promise<void>;
  mount(): Promise<void>;
}

/** @throws PackagesMissingError where mkfs or mount are missing and cannot be installed; where this is not root */
export async function mountSmallDisk(): Promise<SmallDisk> {
  if (!isRoot) throw new Error('a test that mounts a disk needs root on Linux; run the tests as root, or unset CI');
  await ensurePackages(
    { log: (line) => console.error(line), env: process.env, run, isRoot, find: findProgram },
    [
      { file: 'mkfs.ext4', package: 'e2fsprogs' },
      { file: 'mount', package: 'mount' },
    ],
    'the test of full disks needs',
  );
  const folder = await mkdtemp(join(tmpdir(), 'ledger-disk-'));
  const [path, image] = [join(folder, 'mounted'), join(folder, 'image')];
  const command = async (program: string, ...args: string[]): Promise<void> => {
    await run(program, args, { timeoutMs: 30_000 });
  };
  const mount = () => command('mount', '-o', 'loop', image, path);
  await mkdir(path);
  await writeFile(image, Buffer.alloc(IMAGE_BYTES));
  await command('mkfs.ext4', '-q', '-O', '^has_journal', image);
  await mount();
  return {
    path,
    command,
    mount,
    [Symbol.asyncDispose]: async () => {
      await command('umount', '--lazy', path);
      await rm(folder, { recursive: true });
    },
  };
}
