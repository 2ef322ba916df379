import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import type { Disk, DiskFile } from './disk.ts';

const { O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
/** To read a named pipe would otherwise wait for its writer, for ever; a file does not know the difference. */
const FLAGS = { Read: O_RDONLY | O_NONBLOCK, Write: O_RDWR, Create: O_RDWR | O_CREAT | O_EXCL } as const;

/** Records name people and what they did: nobody else on the machine reads them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** A pipe, a device or a folder stands where a file must. */
export class NotAFileError extends Error {
  override readonly name = 'NotAFileError';
  readonly code = 'NotAFile';
}

export const nodeDisk: Disk = {
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  },
  names: (folder) => readdir(folder),
  open: async (path, mode) => {
    const handle = await open(path, FLAGS[mode], FILE_MODE);
    if (mode === 'Create' || (await handle.stat()).isFile()) return diskFile(handle);
    await handle.close();
    throw new NotAFileError(`${path} is no regular file`);
  },
  rename,
  remove: (path) => rm(path),
  syncFolder: async (path) => {
    const folder = await open(path, O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

function diskFile(handle: FileHandle): DiskFile {
  return {
    size: async () => (await handle.stat()).size,
    read: async (into, offset) => {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    write: async (bytes, offset) => {
      let done = 0;
      // A disk that is nearly full takes a part and fails the next time.
      while (done < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}
