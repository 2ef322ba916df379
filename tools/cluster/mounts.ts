import { readFile } from 'node:fs/promises';
import { RunError, run } from './run.ts';

/** Mount points below the given folders, deepest first: the order in which they can be unmounted. */
export function mountsBelow(mountinfo: string, folders: readonly string[]): string[] {
  return mountinfo
    .split('\n')
    .map((line) => decode(line.split(' ')[4] ?? ''))
    .filter((point) => folders.some((folder) => point === folder || point.startsWith(`${folder}/`)))
    .reverse()
    .sort((one, other) => other.split('/').length - one.split('/').length);
}

/** The kernel writes space, tab, newline and backslash as three octal digits (proc_pid_mountinfo(5)). */
function decode(point: string): string {
  return point.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));
}

/** Unmounts everything below the folders; what is busy is detached and goes when its last user does. */
export async function unmountBelow(folders: readonly string[]): Promise<void> {
  for (const point of mountsBelow(await readFile('/proc/self/mountinfo', 'utf8'), folders)) {
    await run('umount', [point])
      .catch(() => run('umount', ['--lazy', point]))
      .catch((error: unknown) => {
        // Unmounting one may have taken others along with it.
        if (!(error instanceof RunError) || !/not mounted|no mount point|not found/.test(error.stderr)) throw error;
      });
  }
}
