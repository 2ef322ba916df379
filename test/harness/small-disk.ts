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
export const canMount = isRoot || (process.env['CI'] ?? '') !== '';

/** An ext4 of a few MiB in a file, mounted by a loop device: one that can be full, and be taken away. */
export interface SmallDisk extends AsyncDisposable {
  readonly mounted: string;
  /** With `mount -o remount,…`: `ro`, or `abort` for what ext4 does by itself after an error of the device, with files open. */
  remount(option: 'ro' | 'rw' | 'abort'): Promise<void>;
  /** Takes it away, and mounts it again. */
  again(): Promise<void>;
}

/** @param inodes of the file system: as many files as it may hold */
export async function smallDisk(bytes: number, inodes?: number): Promise<SmallDisk> {
  if (!isRoot) throw new Error('a test that mounts a disk needs root on Linux; run the tests as root, or unset CI');
  await ensurePackages(
    { log: (line) => console.error(line), env: process.env, run, isRoot, find: findProgram },
    [
      { file: 'mkfs.ext4', package: 'e2fsprogs' },
      { file: 'mount', package: 'mount' },
    ],
    'the test of full disks needs',
  );
  const folder = await mkdtemp(join(tmpdir(), 'small-disk-'));
  const [image, mounted] = [join(folder, 'image'), join(folder, 'mounted')];
  const command = (program: string, ...args: string[]) => run(program, args, { timeoutMs: 30_000 });
  const mount = () => command('mount', '-o', 'loop', image, mounted);
  await mkdir(mounted);
  await writeFile(image, Buffer.alloc(bytes));
  const count = inodes === undefined ? [] : ['-N', String(inodes)];
  await command('mkfs.ext4', '-q', '-O', '^has_journal', ...count, image);
  await mount();
  return {
    mounted,
    remount: async (option) => {
      await command('mount', '-o', `remount,${option}`, mounted);
    },
    again: async () => {
      await command('umount', mounted);
      await mount();
    },
    [Symbol.asyncDispose]: async () => {
      await command('umount', '--lazy', mounted);
      await rm(folder, { recursive: true });
    },
  };
}
