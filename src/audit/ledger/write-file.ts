import { dirname } from 'node:path';
import { type Disk, isMissing } from './disk.ts';

/** The file holds all of `text` or what it held before, whatever happens meanwhile. */
export async function writeFileAtomically(disk: Disk, path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await disk.remove(temporary).catch(() => undefined);
  const file = await disk.open(temporary, 'Create');
  try {
    await file.write(Buffer.from(text), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncFolder(dirname(path));
}

/** @returns undefined where there is none. @throws RangeError where it is longer than `limit` bytes */
export async function readSmallFile(disk: Disk, path: string, limit: number): Promise<string | undefined> {
  let file;
  try {
    file = await disk.open(path, 'Read');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const size = await file.size();
    if (size > limit) throw new RangeError(`${path} is longer than ${limit} bytes`);
    const bytes = Buffer.alloc(size);
    return bytes.toString('utf8', 0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}
