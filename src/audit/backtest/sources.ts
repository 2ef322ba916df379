import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { segmentName, segmentOf } from '../ledger/segment.ts';
import { BacktestError } from './backtest-error.ts';

/** Where events come from. */
export interface EventSource {
  /** As it is called in messages. */
  readonly name: string;
  /** Bytes of the file; undefined for a pipe. */
  readonly size: number | undefined;
  /** Its bytes, uncompressed. @param onRead how many bytes of the file were read so far */
  open(onRead: (bytes: number) => void): AsyncIterable<Buffer>;
}

const CHUNK = 1024 * 1024;

/** The segments of a ledger, in order. @throws BacktestError where there are none, or the folder cannot be read */
export async function ledgerSources(directory: string): Promise<readonly EventSource[]> {
  const segments = await segmentNames(directory);
  if (segments.length === 0)
    throw new BacktestError('Unreadable', `${directory} holds no ledger: no file is named like ${segmentName(1)}`);
  return await Promise.all(segments.map((name) => fileSource(join(directory, name))));
}

/** In order; some may be gzipped. @throws BacktestError where the folder cannot be read */
export async function segmentNames(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw new BacktestError('Unreadable', `cannot read ${directory}: ${messageOf(error)}`, { cause: error });
  });
  return names.filter((name) => segmentOf(name.replace(/\.gz$/, '')) !== undefined).sort();
}

/** A file, gzipped or not. @throws BacktestError where there is none */
export async function fileSource(path: string): Promise<EventSource> {
  const found = await stat(path).catch((error: unknown) => {
    throw new BacktestError('Unreadable', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  });
  if (found.isDirectory())
    throw new BacktestError('Unreadable', `${path} is a folder; name its files, or use --ledger for that of a ledger`);
  return {
    name: basename(path),
    size: found.size,
    open: (onRead) => uncompressed(createReadStream(path, { highWaterMark: CHUNK }), onRead),
  };
}

/** Standard input, gzipped or not. */
export function streamSource(name: string, stream: Readable): EventSource {
  return { name, size: undefined, open: (onRead) => uncompressed(stream, onRead) };
}

/** RFC 1952: the two bytes that every gzip file begins with. A name says less. */
const GZIP = Buffer.from([0x1f, 0x8b]);

async function* uncompressed(source: AsyncIterable<Buffer>, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const chunks = counted(source, onRead);
  const first = await chunks.next();
  if (first.done === true) return;
  const all = joined(first.value, chunks);
  if (!first.value.subarray(0, GZIP.length).equals(GZIP)) {
    yield* all;
    return;
  }
  // What goes wrong is thrown by the iteration.
  const plain = pipeline(Readable.from(all), createGunzip({ chunkSize: CHUNK }), () => undefined);
  yield* plain as AsyncIterable<Buffer>;
}

async function* counted(source: AsyncIterable<Buffer>, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of source) {
    read += chunk.length;
    onRead(read);
    yield chunk;
  }
}

async function* joined(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
