import { fstatSync, write, writeSync } from 'node:fs';
import type { Clock } from '../../ports/clock.ts';

/** Where bytes go: a file descriptor, or what a test has in its place. */
export interface ByteSink {
  /** As fs.write: may write less than it is given, and may be done before it returns. */
  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void): void;
  writeSync(bytes: Buffer): number;
  /** Keeps the thread for so long, in milliseconds: at the end of the process there is nothing else that it could do. */
  pauseSync(ms: number): void;
}

export interface BatchedLines {
  /** Takes whole lines, and returns at once. */
  write(lines: string): void;
  /** Writes what is left before it returns; for the end of the process. */
  flushSync(): void;
}

/** Lines are written together: a write of its own costs as much as the decision that a line tells of. */
const BATCH_BYTES = 64 * 1024;
/** A process that is killed loses no more than this of its log. */
const BATCH_MS = 100;
/** Bytes that wait while nobody reads the log; further lines are lost, and counted. */
const WAITING_BYTES = 4 * 1024 * 1024;
/** A pipe that is full now (EAGAIN) is tried again. */
const RETRY_MS = 10;
/** The end of a process waits so long for a reader who takes nothing. */
const LAST_MS = 5_000;
/** Of one UTF-16 unit in UTF-8. */
const BYTES_PER_UNIT = 3;

/**
 * Collects lines for a moment and writes them in one call, one call at a time, without ever blocking whoever logs. They
 * wait as bytes: strings, and the many parts that they are put together from, would outlive the young generation.
 *
 * @param lost is told how many lines could not be written, when they are given up
 */
export function createBatchedLines(
  sink: ByteSink,
  clock: Pick<Clock, 'after'>,
  lost: (lines: number) => void,
): BatchedLines {
  let full: Buffer[] = [];
  let batch = Buffer.allocUnsafe(BATCH_BYTES);
  let used = 0;
  /** Of `full`. */
  let waiting = 0;
  let underWay: Buffer | undefined;
  /** Whether the sink has what is under way, and not the timer that tries again. */
  let withSink = false;
  let callOff: (() => void) | undefined;

  const closeBatch = (least: number): void => {
    if (used > 0) full.push(batch.subarray(0, used));
    waiting += used;
    batch = Buffer.allocUnsafe(Math.max(BATCH_BYTES, least));
    used = 0;
  };
  const begin = (): void => {
    callOff?.();
    callOff = undefined;
    if (underWay !== undefined) return;
    if (full.length === 0) closeBatch(0);
    underWay = full.shift();
    waiting -= underWay?.length ?? 0;
    send();
  };
  const send = (): void => {
    if (underWay === undefined) return;
    withSink = true;
    sink.write(underWay, (error, written) => {
      withSink = false;
      if (error?.code === 'EAGAIN') {
        clock.after(RETRY_MS, send);
        return;
      }
      // A log that cannot be written (EPIPE, ENOSPC) is not tried again: what comes may find room.
      if (error !== null) lost(linesIn(underWay));
      const left = error === null ? underWay?.subarray(written) : undefined;
      underWay = left === undefined || left.length === 0 ? undefined : left;
      if (underWay !== undefined) send();
      else if (full.length > 0) begin();
      else if (used > 0) callOff ??= clock.after(BATCH_MS, begin);
    });
  };
  return {
    write: (lines) => {
      if (waiting + used > WAITING_BYTES) {
        lost(linesIn(lines));
        return;
      }
      const most = lines.length * BYTES_PER_UNIT;
      if (most > batch.length - used) closeBatch(most);
      used += batch.write(lines, used);
      if (underWay !== undefined) return;
      if (full.length > 0) begin();
      else callOff ??= clock.after(BATCH_MS, begin);
    },
    flushSync: () => {
      closeBatch(0);
      // What the sink has, it writes: Node ends only when its pool of threads has.
      let left = Buffer.concat(withSink || underWay === undefined ? full : [underWay, ...full]);
      if (!withSink) underWay = undefined;
      full = [];
      waiting = 0;
      for (let waited = 0; left.length > 0 && waited <= LAST_MS; ) {
        try {
          left = left.subarray(sink.writeSync(left));
          waited = 0;
        } catch (error) {
          // The process ends, and its log cannot be written: there is nobody left to tell.
          if (!isFull(error)) return;
          sink.pauseSync(RETRY_MS);
          waited += RETRY_MS;
        }
      }
    },
  };
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

const NEWLINE = 0x0a;

function linesIn(text: string | Uint8Array | undefined): number {
  if (text === undefined) return 0;
  return typeof text === 'string' ? text.split('\n').length - 1 : text.filter((byte) => byte === NEWLINE).length;
}

/**
 * A file, or a pipe or socket that does not block (O_NONBLOCK). The latter are written at once: it is known at any time what
 * they have taken. Of a write in Node's pool of threads that is not known before the event loop goes on, and at the end of a
 * process it does not: what such a write does not take is lost, and what is written beside it stands in the middle of it. A
 * file takes all of it, and as one.
 */
export function fileSink(descriptor: number): ByteSink {
  return {
    write: neverBlocks(descriptor)
      ? (bytes, done) => {
          let written: number;
          try {
            written = writeSync(descriptor, bytes);
          } catch (error) {
            done(error instanceof Error ? error : new Error('unknown', { cause: error }), 0);
            return;
          }
          done(null, written);
        }
      : (bytes, done) => write(descriptor, bytes, done),
    writeSync: (bytes) => writeSync(descriptor, bytes),
    pauseSync: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, ms),
  };
}

function neverBlocks(descriptor: number): boolean {
  try {
    const kind = fstatSync(descriptor);
    return kind.isFIFO() || kind.isSocket();
  } catch {
    return false;
  }
}
