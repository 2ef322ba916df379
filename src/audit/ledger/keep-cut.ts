import { join } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';

/** As much is kept of what is cut off: more than a group of records, which is what a crash leaves. */
const MOST_BYTES = 16 * 1024 * 1024;
/** A machine that crashes over and over must not fill the disk by it. The oldest goes first. */
const MOST_FILES = 32;
const CHUNK_BYTES = 1_048_576;

const CUT_NAME = /^cut-\d+-(\d{8}T\d{9}Z)$/;

/**
 * Copies what stands in a file from `offset` on to `cut-<seq>-<time>` beside it, durably. Whether somebody relied on it, nobody
 * can tell: it is for a person to look at.
 *
 * @returns the name of the copy
 */
export async function keepCut(
  disk: Disk,
  directory: string,
  file: DiskFile,
  { offset, seq, now }: { readonly offset: number; readonly seq: number; readonly now: number },
): Promise<string> {
  const time = new Date(now).toISOString().replaceAll(/[-:.]/g, '');
  const name = `cut-${seq}-${time}`;
  const earlier = (await disk.names(directory)).filter((each) => CUT_NAME.test(each));
  const oldest = earlier.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
  for (const each of oldest.slice(0, Math.max(0, earlier.length - MOST_FILES + 1)))
    await disk.remove(join(directory, each));
  const path = join(directory, name);
  await disk.remove(path).catch(() => undefined);
  const copy = await disk.open(path, 'Create');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let done = 0; done < MOST_BYTES; ) {
      const got = await file.read(chunk.subarray(0, Math.min(CHUNK_BYTES, MOST_BYTES - done)), offset + done);
      if (got === 0) break;
      await copy.write(chunk.subarray(0, got), done);
      done += got;
    }
    await copy.sync();
  } finally {
    await copy.close();
  }
  await disk.syncFolder(directory);
  return name;
}

function timeOf(name: string): string {
  return CUT_NAME.exec(name)?.[1] ?? '';
}
