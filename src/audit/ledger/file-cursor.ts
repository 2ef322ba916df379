import { join } from 'node:path';
import type { Disk } from './disk.ts';
import type { Cursor } from './follow.ts';
import { readSmallFile, writeFileAtomically } from './write-file.ts';

const FOLDER = 'cursors';
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
  const folder = join(directory, FOLDER);
  const path = join(folder, `${name}.json`);
  return {
    load: async () => {
      const text = await readSmallFile(disk, path, MOST_BYTES);
      const seq = text === undefined ? undefined : seqIn(text, ledger);
      return seq ?? 0;
    },
    save: async (seq) => {
      await disk.makeFolder(folder);
      await writeFileAtomically(disk, path, `${JSON.stringify({ ledger, seq })}\n`);
    },
  };
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
