import { join } from 'node:path';
import type { Disk } from './disk.ts';
import type { Cursor } from './follow.ts';
import { readSmallFile, writeFileAtomically } from './write-file.ts';

/** Beside the segments. */
export const CURSORS = 'cursors';
const MOST_BYTES = 1024;

export interface FileCursorOptions {
  readonly directory: string;
  /** Letters, digits and `-`. */
  readonly name: string;
  readonly ledger: string;
  readonly disk: Disk;
}

/** `cursors/<name>.json` beside the segments. Unreadable, or of another ledger: from the beginning, since all is at least once. */
export function createFileCursor(options: FileCursorOptions): Cursor {
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
      const seq = await readFileCursor(options);
      // It has its block before the disk is full.
      if (seq === undefined) await save(0).catch(() => undefined);
      return seq ?? 0;
    },
    save,
  };
}

/** @returns undefined where there is none */
export async function readFileCursor({
  directory,
  name,
  ledger,
  disk,
}: FileCursorOptions): Promise<number | undefined> {
  const text = await readSmallFile(disk, join(directory, CURSORS, `${name}.json`), MOST_BYTES);
  return text === undefined ? undefined : seqIn(text, ledger);
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

function seqIn(text: string, ledger: string): number {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('ledger' in value) || !('seq' in value)) return 0;
    return value.ledger === ledger && Number.isSafeInteger(value.seq) ? Number(value.seq) : 0;
  } catch {
    return 0;
  }
}
