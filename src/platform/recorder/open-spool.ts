import { rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../../ports/clock.ts';
import { SpoolError } from './spool-error.ts';
import {
  createSpoolFile,
  listSpoolFiles,
  readSpoolCursor,
  readSpoolLines,
  type SpoolCursor,
  spoolFile,
  writeSpoolCursor,
} from './spool-files.ts';
import { encodeSpoolLine } from './spool-line.ts';

export interface SpoolOptions {
  /** Of one process, and of nothing else. */
  readonly directory: string;
  /** All files together. */
  readonly maxBytes: number;
  readonly clock: Clock;
}

export interface SpoolBatch {
  readonly records: readonly string[];
  /** When the last of them was put here, in milliseconds since the epoch. */
  readonly lastAt: number;
  readonly damaged: number;
  readonly end: SpoolCursor;
}

/** Records on this machine's disk that have not come to the ledger yet. Survives whatever ends the process, and torn tails. */
export interface Spool {
  /** Bytes until it is full. */
  free(): number;
  /** `oldestAt`: the oldest is not older than that, in milliseconds since the epoch. */
  waiting(): { readonly records: number; readonly bytes: number; readonly oldestAt: number | undefined };
  /**
   * Resolves when they are durable (one write, one fdatasync). One call at a time.
   *
   * @param records one JSON text each
   * @throws SpoolError
   */
  append(records: readonly string[]): Promise<void>;
  /** The oldest that were not acknowledged; undefined when there are none. */
  next(limits: { readonly records: number; readonly bytes: number }): Promise<SpoolBatch | undefined>;
  /** They have come where they belong. */
  acknowledge(batch: SpoolBatch): Promise<void>;
  /** Called after each append. Returns how to stop that. */
  onAppended(listener: () => void): () => void;
  close(): Promise<void>;
}

/** The longest line, so that `next` can always read one. */
export const MAX_RECORD_BYTES = 64 * 1024;

/** A file is removed when all of it was acknowledged: the smaller they are, the less room is held by what was sent. */
const FILES = 8;

interface SpoolFile {
  readonly number: number;
  /** Durable, as far as we know; of a file of an earlier process all of it. */
  bytes: number;
}

/** @throws the error of the file system when the directory cannot be read */
export async function openSpool({ directory, maxBytes, clock }: SpoolOptions): Promise<Spool> {
  const fileBytes = Math.ceil(maxBytes / FILES);
  const files: SpoolFile[] = [];
  for (const number of await listSpoolFiles(directory))
    files.push({ number, bytes: (await stat(spoolFile(directory, number))).size });
  let cursor = await readSpoolCursor(directory);
  let nextNumber = Math.max(cursor.file, ...files.map(({ number }) => number)) + 1;
  // Nothing is appended to a file of an earlier process: what is torn stays at its end.
  let writing: { readonly file: SpoolFile; readonly handle: FileHandle } | undefined;
  let state: 'Open' | 'Closed' = 'Open';
  let count = 0;
  let oldestAt: number | undefined;
  const listeners = new Set<() => void>();
  await removeRead();
  await countWaiting();

  const used = () => files.reduce((sum, { bytes }) => sum + bytes, 0);

  async function countWaiting(): Promise<void> {
    let from = cursor;
    for (;;) {
      const batch = await read(from, { records: 1_000, bytes: 16 * MAX_RECORD_BYTES });
      if (batch === undefined) return;
      count += batch.records.length;
      oldestAt ??= batch.firstAt;
      from = batch.end;
    }
  }

  async function read(from: SpoolCursor, limits: { readonly records: number; readonly bytes: number }) {
    for (const file of files) {
      if (file.number < from.file) continue;
      const offset = file.number === from.file ? from.offset : 0;
      if (offset >= file.bytes) continue;
      const closed = file !== writing?.file;
      const found = await readSpoolLines(
        spoolFile(directory, file.number),
        { offset, end: file.bytes, closed },
        { ...limits, bytes: Math.max(limits.bytes, 2 * MAX_RECORD_BYTES) },
      );
      if (found.offset === offset) return undefined;
      return {
        records: found.lines.map(({ json }) => json),
        firstAt: found.lines[0]?.at,
        lastAt: found.lines.at(-1)?.at ?? clock.now(),
        damaged: found.damaged,
        end: { file: file.number, offset: found.offset },
      };
    }
    return undefined;
  }

  /** What was acknowledged to its end, and will not grow. */
  async function removeRead(): Promise<void> {
    for (let first = files[0]; first !== undefined && first !== writing?.file; first = files[0]) {
      const isRead = first.number < cursor.file || (first.number === cursor.file && cursor.offset >= first.bytes);
      if (!isRead) return;
      await rm(spoolFile(directory, first.number), { force: true });
      if (files[0] === first) files.shift();
    }
  }

  async function fileToWrite(): Promise<{ readonly file: SpoolFile; readonly handle: FileHandle }> {
    if (writing !== undefined && writing.file.bytes < fileBytes) return writing;
    await writing?.handle.close();
    writing = undefined;
    await removeRead();
    const handle = await createSpoolFile(directory, nextNumber);
    const file = { number: nextNumber, bytes: 0 };
    nextNumber += 1;
    files.push(file);
    writing = { file, handle };
    return writing;
  }

  /** A failed sync says nothing of what is on the disk, and is not repeated (fsyncgate): the file ends here. */
  async function giveUp({ file, handle }: NonNullable<typeof writing>): Promise<void> {
    writing = undefined;
    await handle.truncate(file.bytes).catch(() => undefined);
    await handle.close().catch(() => undefined);
  }

  return {
    free: () => Math.max(maxBytes - used(), 0),
    waiting: () => ({ records: count, bytes: used(), oldestAt }),
    append: async (records) => {
      if (state === 'Closed') throw new SpoolError('Closed', 'the spool is closed');
      const at = clock.now();
      const lines = records.map((json) => encodeSpoolLine({ at, json }));
      if (lines.some((line) => Buffer.byteLength(line) > MAX_RECORD_BYTES))
        throw new SpoolError('TooLong', `a record is longer than ${MAX_RECORD_BYTES} bytes`);
      const bytes = Buffer.from(lines.join(''));
      if (used() + bytes.length > maxBytes) throw new SpoolError('Full', 'the spool is full');
      try {
        const target = await fileToWrite();
        try {
          await writeAll(target.handle, bytes, target.file.bytes);
          await target.handle.datasync();
        } catch (error) {
          await giveUp(target);
          throw error;
        }
        target.file.bytes += bytes.length;
      } catch (error) {
        throw new SpoolError('Unwritable', 'the spool cannot be written', { cause: error });
      }
      count += lines.length;
      oldestAt ??= at;
      for (const listener of listeners) listener();
    },
    next: async (limits) => await read(cursor, limits),
    acknowledge: async ({ end, records, lastAt }) => {
      cursor = end;
      count -= records.length;
      oldestAt = count === 0 ? undefined : lastAt;
      await removeRead();
      // A full disk must not keep what was sent: a cursor that is behind costs a second delivery.
      await writeSpoolCursor(directory, cursor).catch(() => undefined);
    },
    onAppended: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      state = 'Closed';
      await writing?.handle.close();
      writing = undefined;
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    if (bytesWritten === 0) throw new Error('the disk takes no more');
    written += bytesWritten;
  }
}
