import { join } from 'node:path';
import type { EvidenceRecord } from '../../core/evidence/evidence-record.ts';
import { LedgerError, type StoredRecord } from '../../ports/ledger.ts';
import { type Disk, isMissing } from './disk.ts';
import { hashLine, parseRecord } from './line.ts';
import { forEachLine } from './lines.ts';
import { type Mark, markBefore, markRecord, type Segment, segmentName } from './segment.ts';

export interface ReadLimits {
  readonly records: number;
  readonly bytes: number;
}

/** What may be read: the ledger as it is now. */
export interface Readable {
  /** Ascending; the last is the open one. */
  readonly segments: readonly Segment[];
  /** Number of the last durable record. */
  readonly last: number;
  /** Durable bytes of the open segment. */
  readonly bytes: number;
}

/** Each reader goes on where it stopped; so many of them are remembered. */
const READERS = 32;

const CHUNK_BYTES = 262_144;

/**
 * Reads records from their files.
 *
 * @param gone is told of a segment that is not there any more (retention)
 */
export function createReader(
  { disk, directory, longestLine }: { readonly disk: Disk; readonly directory: string; readonly longestLine: number },
  readable: () => Readable,
  gone: (segment: Segment) => void,
): (afterSeq: number, limits: ReadLimits) => Promise<readonly StoredRecord[]> {
  /** By the number of the record before: where the next one stands. */
  const stops = new Map<number, { readonly segment: Segment; readonly mark: Mark }>();

  const readSegment = async (
    segment: Segment,
    to: number | undefined,
    { afterSeq, last }: { readonly afterSeq: number; readonly last: number },
    limits: ReadLimits,
  ) => {
    const file = await disk.open(join(directory, segmentName(segment.first)), 'Read');
    try {
      const stop = stops.get(afterSeq);
      const from = stop?.segment === segment ? stop.mark : markBefore(segment, afterSeq + 1);
      const found: StoredRecord[] = [];
      let seq = from.seq;
      let bytes = 0;
      const range = {
        from: from.offset,
        to: to ?? (await file.size()),
        chunkBytes: Math.min(CHUNK_BYTES, Math.max(limits.bytes, 4096)),
        lineBytes: longestLine,
      };
      const end = await forEachLine(file, range, (line, offset) => {
        if (seq > last) return false;
        markRecord(segment, seq, offset);
        if (seq > afterSeq) {
          bytes += line.length;
          if (found.length > 0 && bytes > limits.bytes) return false;
          found.push(storedRecord(segment, offset, line, seq));
        }
        seq += 1;
        return found.length < limits.records && bytes < limits.bytes;
      });
      const reached = found.at(-1);
      if (reached !== undefined) {
        stops.set(reached.seq, {
          segment,
          mark: { seq: reached.seq + 1, offset: reached.offset + reached.length + 1 },
        });
        if (stops.size > READERS) stops.delete(stops.keys().next().value ?? 0);
      } else if (end.rest > 0) {
        throw new LedgerError('Damaged', `${segmentName(segment.first)} has no whole record ${seq}`);
      }
      return found;
    } finally {
      await file.close();
    }
  };

  return async (afterSeq, limits) => {
    const { segments, last, bytes } = readable();
    if (afterSeq >= last) return [];
    const holds = segments.findLastIndex(({ first }) => first <= afterSeq + 1);
    for (let index = Math.max(0, holds); index < segments.length; index += 1) {
      const segment = segments[index];
      if (segment === undefined) break;
      const to = index === segments.length - 1 ? bytes : undefined;
      try {
        const range = { afterSeq: Math.max(afterSeq, segment.first - 1), last };
        const found = await readSegment(segment, to, range, limits);
        if (found.length > 0) return found;
      } catch (error) {
        if (!isMissing(error) || to !== undefined) throw error;
        gone(segment);
      }
    }
    return [];
  };
}

function storedRecord(segment: Segment, offset: number, line: Buffer, seq: number): StoredRecord {
  let record: EvidenceRecord;
  try {
    record = parseRecord(line);
  } catch (error) {
    throw new LedgerError('Damaged', `record ${seq} of ${segmentName(segment.first)} is not JSON`, { cause: error });
  }
  if (record.seq !== seq)
    throw new LedgerError('Damaged', `${segmentName(segment.first)} holds ${record.seq} where ${seq} must stand`);
  return { seq, hash: hashLine(line), segment: segment.first, offset, length: line.length, record };
}
