import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { decodeSpoolLine, type SpoolLine } from './spool-line.ts';

/** `<20 digits>.spool`, in the order in which they were begun. Each is written by one process, once. */
const FILE_NAME = /^(\d{20})\.spool$/;
const CURSOR = 'cursor.json';
const NEWLINE = 0x0a;

/** Up to where everything was acknowledged: a byte of a file, by its number. */
export interface SpoolCursor {
  readonly file: number;
  readonly offset: number;
}

const cursorSchema = z.object({ file: z.int().min(0), offset: z.int().min(0) });

export function spoolFile(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(20, '0')}.spool`);
}

/** @returns their numbers, the oldest first */
export async function listSpoolFiles(directory: string): Promise<readonly number[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const names = await readdir(directory);
  return names
    .flatMap((name) => FILE_NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** One that is missing or damaged says the beginning: what was sent already is sent again, and dropped by its id there. */
export async function readSpoolCursor(directory: string): Promise<SpoolCursor> {
  try {
    return cursorSchema.parse(JSON.parse(await readFile(join(directory, CURSOR), 'utf8')));
  } catch {
    return { file: 0, offset: 0 };
  }
}

/** Not synced: a cursor that is lost costs a second delivery, and a sync for each batch costs more. */
export async function writeSpoolCursor(directory: string, cursor: SpoolCursor): Promise<void> {
  const next = join(directory, `${CURSOR}.next`);
  await writeFile(next, JSON.stringify(cursor), { mode: 0o600 });
  await rename(next, join(directory, CURSOR));
}

/** A new file, whose name is durable. @throws the error of the file system, such as ENOSPC */
export async function createSpoolFile(directory: string, number: number): Promise<FileHandle> {
  const handle = await open(spoolFile(directory, number), 'wx', 0o600);
  try {
    const folder = await open(directory, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    return handle;
  } catch (error) {
    await handle.close();
    await rm(spoolFile(directory, number), { force: true });
    throw error;
  }
}

export interface SpoolRead {
  readonly lines: readonly SpoolLine[];
  /** Lines that are torn or not as they were written: there is nothing to send of them. */
  readonly damaged: number;
  /** Behind the last of them, in bytes. */
  readonly offset: number;
}

/**
 * Whole lines of a file from `offset`, never beyond `end`. What is left behind the last newline of a file that nobody writes
 * any more is a torn line.
 */
export async function readSpoolLines(
  path: string,
  from: { readonly offset: number; readonly end: number; readonly closed: boolean },
  limits: { readonly records: number; readonly bytes: number },
): Promise<SpoolRead> {
  const length = Math.min(limits.bytes, from.end - from.offset);
  const bytes = Buffer.alloc(Math.max(length, 0));
  const read = await readAt(path, bytes, from.offset);
  const lines: SpoolLine[] = [];
  let damaged = 0;
  let start = 0;
  while (lines.length < limits.records) {
    const end = read.indexOf(NEWLINE, start);
    if (end === -1) break;
    const line = decodeSpoolLine(read.toString('utf8', start, end));
    if (line === undefined) damaged += 1;
    else lines.push(line);
    start = end + 1;
  }
  const isRest = start < read.length && read.indexOf(NEWLINE, start) === -1;
  const reachesEnd = from.offset + read.length >= from.end;
  // What has no end within the limit is none of ours: they are shorter.
  const torn = isRest && (start === 0 || (from.closed && reachesEnd));
  return torn
    ? { lines, damaged: damaged + 1, offset: from.offset + read.length }
    : { lines, damaged, offset: from.offset + start };
}

async function readAt(path: string, into: Buffer, offset: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { bytesRead } = await handle.read(into, 0, into.length, offset);
    return into.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
