/** A file that is open. Offsets and lengths in bytes. */
export interface DiskFile {
  size(): Promise<number>;
  /** Reads into all of `into`, or up to the end of the file. @returns how many bytes */
  read(into: Buffer, offset: number): Promise<number>;
  /** Writes all of `bytes` or throws, when any part of them may stand there. */
  write(bytes: Buffer, offset: number): Promise<void>;
  /** fdatasync: contents and length outlast a power cut. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** The file system as the ledger sees it: every operation that may fail, or that a crash may follow, stands here. */
export interface Disk {
  /** Makes the folder, and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder, without order. */
  names(folder: string): Promise<readonly string[]>;
  /** `Create` fails where the file exists. @throws the error of the system, with its `code` (`ENOENT`, `ENOSPC`) */
  open(path: string, mode: 'Read' | 'Write' | 'Create'): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** A new or renamed name outlasts a power cut only after this (fsync(2)). */
  syncFolder(path: string): Promise<void>;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
