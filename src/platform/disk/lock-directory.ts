import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const LOCK_NAME = 'lock';

/** SQLITE_BUSY (sqlite.org/rescode.html). */
const BUSY = 5;

/** Another process, or another part of this one, has it. */
export class DirectoryLockedError extends Error {
  override readonly name = 'DirectoryLockedError';
  readonly code = 'DirectoryLocked';
}

/**
 * One writer a directory. It is a lock of the kernel (fcntl(2)), which ends with the process however that ends: a file with
 * a pid says nothing across containers, where every process is number 1. Node has no call for it; SQLite takes it for us,
 * on an empty file that stays empty.
 *
 * @throws DirectoryLockedError @throws where the file cannot be made
 */
export function lockDirectory(directory: string): Disposable {
  const database = new DatabaseSync(join(directory, LOCK_NAME), { timeout: 0 });
  try {
    // Nothing is ever written, so that a full disk is none of its concern.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new DirectoryLockedError(`another process writes in ${directory}`, { cause: error });
  }
  return { [Symbol.dispose]: () => database.close() };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === BUSY;
}
