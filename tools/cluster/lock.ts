import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The lock was not free in time, or flock is missing. */
export class LockError extends Error {
  readonly code = 'LOCK_FAILED';
  override readonly name = 'LockError';
}

/**
 * Runs `work` while no other process holds `file`. The lock is flock(2), held by a child process that ends with its
 * standard input: the kernel frees it however this process ends, so a lock is never stale.
 */
export async function withLock<T>(file: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const seconds = String(Math.ceil(timeoutMs / 1000));
  const holder = spawn('flock', ['--exclusive', '--wait', seconds, file, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // A holder that ended early must not turn the closing of its input into an uncaught error.
  holder.stdin.on('error', () => undefined);
  const ended = once(holder, 'close');
  try {
    await Promise.race([
      once(holder.stdout, 'data'),
      ended.then(() => {
        throw new LockError(`${file} is held by another process for more than ${seconds} s`);
      }),
    ]);
    return await work();
  } catch (error) {
    if (isMissingProgram(error)) {
      throw new LockError('the program flock (Debian package util-linux) is missing', { cause: error });
    }
    throw error;
  } finally {
    holder.stdin.end();
    await ended.catch(() => undefined);
  }
}

function isMissingProgram(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'spawn flock';
}
