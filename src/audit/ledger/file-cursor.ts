import { join } from 'node:path';
import type { Disk } from './disk.ts';
import type { Cursor } from './follow.ts';
import { readSmallFile, writeFileAtomically } from './write-file.ts';

/** Beside the segments. */
export const CURSORS = 'cursors';
const MOST_BYTES = 1024;

/** `cursors/<name>.json` beside the segments. Unreadable, or of another ledger: from the beginning, since all is at least once. */
export function createFileCursor(options: {
  readonly directory: string;
  /** Letters, digits and `-`. */
  readonly name: string;
  readonly ledger: string;
  readonly disk: Disk;
}): Cursor {
  const { directory, name, ledger, disk } = options;
  const folder = join(directory, CURSORS);
  const path = join(folder, `${name}.json`);
  const save = async (seq: number): Promise<void> => {
    const text = `${JSON.stringify({ ledger, seq })}\n`;
    try {
      await disk.makeFolder(folder);
      await writeFileAtomically(disk, path, text);
    } catch (error) {
      if (!isFull(error)) throw error;
      await overwrite(disk, path, text);
    }
  };
  return {
    load: async () => {
      const text = await readSmallFile(disk, path, MOST_BYTES);
      // It has its block before the disk is full.
      if (text === undefined) await save(0).catch(() => undefined);
      return (text === undefined ? undefined : seqIn(text, ledger)) ?? 0;
    },
    save,
  };
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

/**
 * In the block that it has. On a full disk there is none for another file, and retention, which would make room, waits for this
 * cursor. A crash in between leaves what cannot be read, and so the beginning.
 */
async function overwrite(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.open(path, 'Write');
  try {
    const bytes = Buffer.from(text);
    await file.write(bytes, 0);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

function seqIn(text: string, ledger: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('ledger' in value) || !('seq' in value)) return undefined;
    return value.ledger === ledger && Number.isSafeInteger(value.seq) ? Number(value.seq) : undefined;
  } catch {
    return undefined;
  }
}
