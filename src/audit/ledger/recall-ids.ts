import { join } from 'node:path';
import { type Disk, isMissing } from './disk.ts';
import { readEnvelope } from './line.ts';
import { forEachLine } from './lines.ts';
import { DamagedLedgerError, scanSegment } from './scan-segment.ts';
import { inOrder, sealOf, segmentName, segmentOf } from './segment.ts';

/**
 * Shows the ids of sealed segments that are young enough to be submitted again, the oldest first.
 *
 * @param since milliseconds
 */
export async function recallIds(
  disk: Disk,
  {
    directory,
    longestLine,
    since,
  }: { readonly directory: string; readonly longestLine: number; readonly since: number },
  visit: (id: string, seq: number, time: string) => void,
): Promise<void> {
  const names = await disk.names(directory);
  const sealed = new Set(inOrder(names, sealOf));
  const young: number[] = [];
  let bytes = 0;
  for (const first of inOrder(names, segmentOf).toReversed()) {
    if (bytes >= MOST_BYTES) break;
    if (sealed.has(first)) young.unshift(first);
    const begin = await beginOf(disk, join(directory, segmentName(first)), longestLine);
    bytes += begin.bytes;
    if (begin.time === undefined || Date.parse(begin.time) < since) break;
  }
  for (const first of young) {
    try {
      const file = await disk.open(join(directory, segmentName(first)), 'Read');
      try {
        await scanSegment(file, first, longestLine, ({ seq, id, time }) => visit(id, seq, time));
      } finally {
        await file.close();
      }
    } catch (error) {
      // Sealed ones are not ours to judge here (`sallyport audit verify`); what was not read is not known again.
      if (!(error instanceof DamagedLedgerError) && !isMissing(error)) throw error;
    }
  }
}

/** A start must not take minutes: four segments of the default size, read in some ten seconds, or as much of smaller ones. */
const MOST_BYTES = 1024 * 1024 * 1024;

/** The size of a segment, and the time of its first record. */
async function beginOf(disk: Disk, path: string, longestLine: number) {
  let time: string | undefined;
  const file = await disk.open(path, 'Read');
  try {
    const bytes = await file.size();
    await forEachLine(file, { from: 0, to: bytes, chunkBytes: 4096, lineBytes: longestLine }, (line) => {
      time = readEnvelope(line)?.time;
      return false;
    });
    return { bytes, time };
  } finally {
    await file.close();
  }
}
