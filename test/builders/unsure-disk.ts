import type { Disk, DiskFile } from '../../src/audit/ledger/disk.ts';

/**
 * Comes before and after each operation that changes something: it may throw, wait, or end the process. `within` is in the
 * middle of a write, of which half stands there then.
 */
export type Step = (when: 'before' | 'within' | 'after', what: string) => Promise<void>;

/** A disk of which one cannot be sure. */
export function unsureDisk(disk: Disk, step: Step): Disk {
  const surely = async <Result>(what: string, run: () => Promise<Result>): Promise<Result> => {
    await step('before', what);
    const result = await run();
    await step('after', what);
    return result;
  };
  return {
    makeFolder: (path) => surely('makeFolder', () => disk.makeFolder(path)),
    names: (folder) => disk.names(folder),
    open: async (path, mode) => {
      if (mode === 'Read') return disk.open(path, mode);
      await step('before', `open to ${mode}`);
      const file = await disk.open(path, mode);
      try {
        await step('after', `open to ${mode}`);
      } catch (error) {
        await file.close();
        throw error;
      }
      return unsureFile(file, surely, step);
    },
    rename: (from, to) => surely('rename', () => disk.rename(from, to)),
    // Nothing depends on it but what follows it.
    remove: (path) => disk.remove(path),
    syncFolder: (path) => surely('syncFolder', () => disk.syncFolder(path)),
  };
}

function unsureFile(
  file: DiskFile,
  surely: <Result>(what: string, run: () => Promise<Result>) => Promise<Result>,
  step: Step,
): DiskFile {
  return {
    size: () => file.size(),
    read: (into, offset) => file.read(into, offset),
    write: (bytes, offset) =>
      surely('write', async () => {
        const half = Math.floor(bytes.length / 2);
        await file.write(bytes.subarray(0, half), offset);
        await step('within', 'write');
        await file.write(bytes.subarray(half), offset + half);
      }),
    sync: () => surely('sync', () => file.sync()),
    truncate: (length) => surely('truncate', () => file.truncate(length)),
    close: () => file.close(),
  };
}
