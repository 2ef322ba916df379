import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../ledger/disk.ts';
import { segmentName } from '../ledger/segment.ts';

/** Where a line stands in the segments of a ledger; bytes, without its newline. */
export interface LinePlace {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** Lines that stand together are read together, up to so many bytes. */
const RUN_BYTES = 4 * 1024 * 1024;

/** Reads lines of segments by their places. */
export interface SegmentLines {
  /** In the order of `places`; undefined where the segment is gone or ends before the line does. */
  read(places: readonly LinePlace[]): Promise<readonly (Buffer | undefined)[]>;
}

export function createSegmentLines(directory: string): SegmentLines {
  return {
    read: async (places) => {
      const lines: (Buffer | undefined)[] = Array.from({ length: places.length });
      const bySegment = Map.groupBy(places.entries(), ([, { segment }]) => segment);
      for (const [segment, asked] of bySegment) {
        const file = await openSegment(join(directory, segmentName(segment)));
        if (file === undefined) continue;
        try {
          for (const run of runsOf(asked.sort(([, one], [, other]) => one.offset - other.offset))) {
            const bytes = await readAt(file, run.from, run.to - run.from);
            for (const [index, { offset, length }] of run.places) {
              const line = bytes.subarray(offset - run.from, offset - run.from + length);
              lines[index] = line.length === length ? line : undefined;
            }
          }
        } finally {
          await file.close();
        }
      }
      return lines;
    },
  };
}

interface Run {
  readonly from: number;
  to: number;
  readonly places: [number, LinePlace][];
}

function runsOf(sorted: readonly [number, LinePlace][]): Run[] {
  const runs: Run[] = [];
  for (const place of sorted) {
    const [, { offset, length }] = place;
    const run = runs.at(-1);
    // One byte between them: the newline.
    if (run !== undefined && offset <= run.to + 1 && offset + length - run.from <= RUN_BYTES) {
      run.to = Math.max(run.to, offset + length);
      run.places.push(place);
    } else {
      runs.push({ from: offset, to: offset + length, places: [place] });
    }
  }
  return runs;
}

/** Retention removes segments at any time. */
async function openSegment(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
