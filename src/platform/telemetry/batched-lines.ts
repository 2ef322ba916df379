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
const BATCH_UNITS = 64 * 1024;
/** A process that is killed loses no more than this of its log. */
const BATCH_MS = 100;
/** UTF-16 units that wait while nobody reads the log; further lines are lost, and counted. */
const WAITING_UNITS = 4 * 1024 * 1024;
/** A pipe that is full now (EAGAIN) is tried again. */
const RETRY_MS = 10;

/**
 * Collects lines for a moment and writes them in one call, one call at a time, without ever blocking whoever logs.
 *
 * @param lost is told how many lines could not be written, when they are given up
 */
export function createBatchedLines(
  sink: ByteSink,
  clock: Pick<Clock, 'after'>,
  lost: (lines: number) => void,
): BatchedLines {
  let waiting: string[] = [];
  let units = 0;
  let underWay: Buffer | undefined;
  /** Whether the sink has what is under way, and not the timer that tries again. */
  let withSink = false;
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
      else if (units >= BATCH_UNITS) begin();
      else if (units > 0) callOff ??= clock.after(BATCH_MS, begin);
    });
  };
  return {
    write: (lines) => {
      if (units > WAITING_UNITS) {
        lost(linesIn(lines));
        return;
      }
      waiting.push(lines);
      units += lines.length;
      if (underWay !== undefined) return;
      if (units >= BATCH_UNITS) begin();
      else callOff ??= clock.after(BATCH_MS, begin);
    },
    flushSync: () => {
      // What the sink has, it writes: Node ends only when its pool of threads has.
      const first = withSink ? undefined : underWay;
      let left = Buffer.concat([first ?? Buffer.alloc(0), Buffer.from(waiting.join(''))]);
      if (!withSink) underWay = undefined;
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

const NEWLINE = 0x0a;

function linesIn(text: string | Uint8Array | undefined): number {
  if (text === undefined) return 0;
  return typeof text === 'string' ? text.split('\n').length - 1 : text.filter((byte) => byte === NEWLINE).length;
}

export function fileSink(descriptor: number): ByteSink {
  return {
    write: (bytes, done) => write(descriptor, bytes, done),
    writeSync: (bytes) => writeSync(descriptor, bytes),
  };
}
