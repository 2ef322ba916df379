import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A database of a day, and what SQLite has beside it. */
const FILE_NAME = /^\d{4}-\d{2}-\d{2}\.sqlite(-wal|-shm|-journal)?$/;

/** Removes the databases of an index that cannot be read any more, and nothing else that stands in their directory. */
export async function removeIndex(directory: string): Promise<void> {
  for (const name of await readdir(directory)) if (FILE_NAME.test(name)) await rm(join(directory, name));
}
