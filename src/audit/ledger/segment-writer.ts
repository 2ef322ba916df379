import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';
import { segmentName } from './segment.ts';

/** A segment has this name until its first record is durable, so that no segment is ever without one. */
const NEW_SEGMENT = 'segment.new';

/** The file that grows. */
export interface SegmentWriter {
  /** Durable bytes; what is behind them was never acknowledged. */
  bytes(): number;
  /** SHA-256 of these, in hexadecimal; undefined for a file that a process before this one began. */
  sha256(): string | undefined;
  /** Resolves when they are durable. After an error nothing of them stays: the next call cuts it off before it writes. */
  append(bytes: Buffer): Promise<void>;
  /** Goes on in a new file, named by its first record, which is `line` with its newline. */
  next(first: number, line: Buffer): Promise<void>;
  close(): Promise<void>;
}

export interface OpenFile {
  readonly first: number;
  readonly file: DiskFile;
  readonly bytes: number;
  /** Has been told all of them; absent where nobody has read them all. */
  readonly sha256?: Hash;
}

export function createSegmentWriter(disk: Disk, directory: string, open: OpenFile): SegmentWriter {
  let { first, file, bytes, sha256 } = open;
  let torn = false;

  // By a new descriptor: the old one may have told its error already, and would not tell it again (fsync(2)).
  const mend = async () => {
    const again = await disk.open(join(directory, segmentName(first)), 'Write');
    try {
      await again.truncate(bytes);
      await again.sync();
    } catch (error) {
      await again.close().catch(() => undefined);
      throw error;
    }
    await file.close().catch(() => undefined);
    file = again;
    torn = false;
  };

  return {
    bytes: () => bytes,
    sha256: () => sha256?.copy().digest('hex'),
    append: async (more) => {
      if (torn) await mend();
      torn = true;
      await file.write(more, bytes);
      await file.sync();
      sha256?.update(more);
      bytes += more.length;
      torn = false;
    },
    next: async (nextFirst, line) => {
      if (torn) await mend();
      const created = await createSegmentFile(disk, directory, nextFirst, line);
      await file.close().catch(() => undefined);
      ({ first, file, bytes, sha256 } = created);
    },
    close: async () => {
      if (torn) await mend().catch(() => undefined);
      await file.close();
    },
  };
}

/** @param line the first record with its newline */
export async function createSegmentFile(disk: Disk, directory: string, first: number, line: Buffer): Promise<OpenFile> {
  const path = join(directory, NEW_SEGMENT);
  await disk.remove(path).catch(() => undefined);
  const file = await disk.open(path, 'Create');
  try {
    await file.write(line, 0);
    await file.sync();
    await disk.rename(path, join(directory, segmentName(first)));
    await disk.syncFolder(directory);
    return { first, file, bytes: line.length, sha256: createHash('sha256').update(line) };
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}
