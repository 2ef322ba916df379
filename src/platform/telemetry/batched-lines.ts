import { write, writeSync } from 'node:fs';
import type { Clock } from '../../ports/clock.ts';

/** Where bytes go: a file descriptor, or what a test has in its place. */
export interface ByteSink {
  /** As fs.write: may write less than it is given. */
  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void): void;
  writeSync(bytes: Buffer): number;
}

export interface BatchedLines {
  /** Takes whole lines, and returns at once. */
  write(lines: string): void;
  /** Writes what is left before it returns; for the end of the process. */
  flushSync(): void;
}

/** Lines are written together: a write of its own costs as much as the decision that a line tells of. */
const BATCH_UNITS = 8 * 1024;
/** A process that is killed loses no more than this of its log. */
const BATCH_MS = 100;
/** UTF-16 units that wait while nobody reads the log; further lines are lost, and a reader that comes back finds them missing. */
const WAITING_UNITS = 4 * 1024 * 1024;
/** A pipe that is full now (EAGAIN) is tried again. */
const RETRY_MS = 10;

/** Collects lines for a moment and writes them in one call, one call at a time, without ever blocking whoever logs. */
export function createBatchedLines(sink: ByteSink, clock: Pick<Clock, 'after'>): BatchedLines {
  let waiting: string[] = [];
  let units = 0;
  let underWay: Buffer | undefined;
  let callOff: (() => void) | undefined;

  const begin = (): void => {
    callOff?.();
    callOff = undefined;
    if (underWay !== undefined || waiting.length === 0) return;
    underWay = Buffer.from(waiting.join(''));
    waiting = [];
    units = 0;
    send();
  };
  const send = (): void => {
    if (underWay === undefined) return;
    sink.write(underWay, (error, written) => {
      if (error?.code === 'EAGAIN') {
        clock.after(RETRY_MS, send);
        return;
      }
      // A log that cannot be written (EPIPE, ENOSPC) has nobody who could be told.
      const left = error === null ? underWay?.subarray(written) : undefined;
      underWay = left === undefined || left.length === 0 ? undefined : left;
      if (underWay !== undefined) send();
      else if (units >= BATCH_UNITS) begin();
      else if (units > 0) callOff ??= clock.after(BATCH_MS, begin);
    });
  };
  return {
    write: (lines) => {
      if (units > WAITING_UNITS) return;
      waiting.push(lines);
      units += lines.length;
      if (underWay !== undefined) return;
      if (units >= BATCH_UNITS) begin();
      else callOff ??= clock.after(BATCH_MS, begin);
    },
    flushSync: () => {
      let left = Buffer.from(waiting.join(''));
      waiting = [];
      units = 0;
      try {
        while (left.length > 0) left = left.subarray(sink.writeSync(left));
      } catch {
        // The process ends, and its log cannot be written: there is nobody left to tell.
      }
    },
  };
}

export function fileSink(descriptor: number): ByteSink {
  return {
    write: (bytes, done) => write(descriptor, bytes, done),
    writeSync: (bytes) => writeSync(descriptor, bytes),
  };
}
