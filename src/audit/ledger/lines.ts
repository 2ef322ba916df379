import type { DiskFile } from './disk.ts';

export interface LineRange {
  /** Offset of a line's first byte. */
  readonly from: number;
  /** Where to stop; a line that ends after it is not read. */
  readonly to: number;
  /** Read at once; it grows for a line that is longer. */
  readonly chunkBytes: number;
  /** A longer line is none of ours, and must not be held in memory. */
  readonly lineBytes: number;
}

/** What is left at the end: `rest` bytes from `offset` on that no newline ends. */
export interface LinesEnd {
  readonly offset: number;
  readonly rest: number;
}

const NEWLINE = 0x0a;

/**
 * Shows each complete line, without its newline, in bounded memory. The bytes are overwritten after `visit` returns.
 *
 * @param visit returns false to stop, after the line that it was shown
 */
export async function forEachLine(
  file: DiskFile,
  { from, to, chunkBytes, lineBytes }: LineRange,
  visit: (line: Buffer, offset: number) => boolean,
): Promise<LinesEnd> {
  let buffer = Buffer.allocUnsafeSlow(Math.max(1, chunkBytes));
  /** Of the file, at the buffer's first byte; `kept` bytes of it are there already. */
  let base = from;
  let kept = 0;
  for (;;) {
    const wanted = Math.min(buffer.length - kept, to - base - kept);
    const got = wanted <= 0 ? 0 : await file.read(buffer.subarray(kept, kept + wanted), base + kept);
    const filled = kept + got;
    let start = 0;
    for (;;) {
      const end = buffer.subarray(0, filled).indexOf(NEWLINE, start === 0 ? kept : start);
      if (end === -1) break;
      const more = visit(buffer.subarray(start, end), base + start);
      start = end + 1;
      if (!more) return { offset: base + start, rest: 0 };
    }
    kept = filled - start;
    if (got < wanted || got === 0) return { offset: base + start, rest: kept };
    if (kept > lineBytes) return { offset: base + start, rest: kept };
    if (start === 0 && filled === buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(buffer.length * 2, Math.max(lineBytes + 1, buffer.length + 1)));
      buffer.copy(larger, 0, 0, filled);
      buffer = larger;
    } else {
      buffer.copy(buffer, 0, start, filled);
    }
    base += start;
  }
}
