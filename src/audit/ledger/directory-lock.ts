import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const LOCK_NAME = 'lock';

/** Another process, or another part of this one, has the ledger open. */
export class LedgerLockedError extends Error {
  override readonly name = 'LedgerLockedError';
  readonly code = 'LedgerLocked';
}

/**
 * One writer a directory. It is a lock of the kernel (fcntl(2)), which ends with the process however that ends: a file with
 * a pid says nothing across containers, where every process is number 1. Node has no call for it; SQLite takes it for us,
 * on an empty file that stays empty.
 *
 * @throws LedgerLockedError @throws where the file cannot be made
 */
export function lockDirectory(directory: string): Disposable {
  const database = new DatabaseSync(join(directory, LOCK_NAME), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new LedgerLockedError(`another process writes the ledger in ${directory}`, { cause: error });
  }
  return { [Symbol.dispose]: () => database.close() };
}
