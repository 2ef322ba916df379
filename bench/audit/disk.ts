import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sealOf, segmentName } from '../../src/audit/ledger/segment.ts';

/** More than the ledger grows by between two looks of `retain`. */
const TOUCHED_BYTES = 768 * 1024 * 1024;
const CHUNK_BYTES = 16 * 1024 * 1024;

/**
 * Writes a file and removes it, so that the memory that the kernel then takes for what is written has been used before. In a
 * virtual machine the first use of a page is the host's work, and is charged to whoever comes first: here twice as much as all
 * of the write, and nothing once the machine has run for a while.
 */
export async function touchMemory(directory: string): Promise<void> {
  const file = join(directory, 'touched');
  const chunk = Buffer.alloc(CHUNK_BYTES, 'x');
  await writeFile(file, '');
  for (let bytes = 0; bytes < TOUCHED_BYTES; bytes += chunk.length) await writeFile(file, chunk, { flag: 'a' });
  await rm(file);
}

/** Removes segments once they are sealed, as retention does. @returns how to stop it */
export function retain(directory: string): () => Promise<void> {
  const looks = new AbortController();
  const looking = (async () => {
    while (!looks.signal.aborted) {
      for (const first of (await readdir(directory)).map(sealOf)) {
        if (first !== undefined) await rm(join(directory, segmentName(first)), { force: true });
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  return async () => {
    looks.abort();
    await looking;
  };
}

const LOOK_MS = 250;
