import { join } from 'node:path';
import type { Position } from '../../ports/ledger.ts';
import type { Disk } from './disk.ts';
import { readEnvelope } from './line.ts';
import { forEachLine } from './lines.ts';
import { DamagedLedgerError, scanSegment } from './scan-segment.ts';
import { segmentName } from './segment.ts';
import { isMissing } from './disk.ts';

/**
 * Shows the ids of sealed segments that are young enough to be submitted again, the oldest first.
 *
 * @param firsts of all segments, ascending
 * @param since milliseconds
 */
export async function recallIds(
  disk: Disk,
  {
    directory,
    longestLine,
    since,
  }: { readonly directory: string; readonly longestLine: number; readonly since: number },
  firsts: readonly number[],
  sealed: ReadonlySet<number>,
  visit: (id: string, position: Position, time: string) => void,
): Promise<void> {
  const young: number[] = [];
  for (const first of firsts.toReversed()) {
    if (young.length === MOST_SEGMENTS) break;
    if (sealed.has(first)) young.unshift(first);
    const startedAt = await firstTime(disk, join(directory, segmentName(first)), longestLine);
    if (startedAt === undefined || Date.parse(startedAt) < since) break;
  }
  for (const first of young) {
    try {
      const file = await disk.open(join(directory, segmentName(first)), 'Read');
      try {
        await scanSegment(file, first, longestLine, ({ seq, id, time }, hash) => visit(id, { seq, hash }, time));
      } finally {
        await file.close();
      }
    } catch (error) {
      // Sealed ones are not ours to judge here (`sallyport audit verify`); what was not read is not known again.
      if (!(error instanceof DamagedLedgerError) && !isMissing(error)) throw error;
    }
  }
}

/** A start must not take minutes where segments are small. */
const MOST_SEGMENTS = 4;

async function firstTime(disk: Disk, path: string, longestLine: number): Promise<string | undefined> {
  let time: string | undefined;
  const file = await disk.open(path, 'Read');
  try {
    const range = { from: 0, to: await file.size(), chunkBytes: 4096, lineBytes: longestLine };
    await forEachLine(file, range, (line) => {
      time = readEnvelope(line)?.time;
      return false;
    });
  } finally {
    await file.close();
  }
  return time;
}
