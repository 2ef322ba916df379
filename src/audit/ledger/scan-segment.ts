import type { SegmentStart } from '../../core/evidence/evidence-record.ts';
import type { Position } from '../../ports/ledger.ts';
import type { DiskFile } from './disk.ts';
import { type Envelope, hashLine, parseRecord, readEnvelope } from './line.ts';
import { forEachLine } from './lines.ts';
import { createSegment, markRecord, type Segment, segmentName } from './segment.ts';

/** The ledger is not what it must be; what is wrong, and where. Nothing of it is changed. */
export class DamagedLedgerError extends Error {
  override readonly name = 'DamagedLedgerError';
  readonly code = 'DamagedLedger';
}

/** So much of a segment is whole; what follows stands on blocks that never reached the disk. */
export class BlankRecordError extends DamagedLedgerError {
  /** Number of the first record that is not there. */
  readonly seq: number;
  readonly offset: number;

  constructor(message: string, at: { readonly seq: number; readonly offset: number }) {
    super(message);
    this.seq = at.seq;
    this.offset = at.offset;
  }
}

export interface ScannedSegment {
  readonly segment: Segment;
  readonly start: SegmentStart;
  /** `prev` of its first record. */
  readonly prev: string;
  readonly startedAt: string;
  readonly head: Position;
  /** Of the last record. */
  readonly time: string;
  /** Of all complete lines. */
  readonly bytes: number;
  /** Behind those, up to the end of the file. */
  readonly rest: number;
}

const CHUNK_BYTES = 1_048_576;

/**
 * Reads a segment from its first byte, and holds each line against the one before.
 *
 * @param visit sees each record
 * @param to as if the file ended there
 * @throws DamagedLedgerError
 */
export async function scanSegment(
  file: DiskFile,
  first: number,
  longestLine: number,
  visit: (envelope: Envelope, hash: string, line: Buffer) => void = () => undefined,
  to?: number,
): Promise<ScannedSegment> {
  const name = segmentName(first);
  const segment = createSegment(first);
  const size = to ?? (await file.size());
  let begun: Pick<ScannedSegment, 'start' | 'prev' | 'startedAt'> | undefined;
  let head: Position = { seq: first - 1, hash: '' };
  let time = '';
  const range = { from: 0, to: size, chunkBytes: CHUNK_BYTES, lineBytes: longestLine };
  const end = await forEachLine(file, range, (line, offset) => {
    const envelope = readEnvelope(line);
    const seq = head.seq + 1;
    const at = `${name}, byte ${offset}`;
    // JSON has no such byte: only a file system writes it, after a power cut.
    if (line.includes(0)) throw new BlankRecordError(`${at}: record ${seq} is blank`, { seq, offset });
    if (envelope === undefined) throw new DamagedLedgerError(`${at}: record ${seq} is not written as one`);
    if (envelope.seq !== seq) throw new DamagedLedgerError(`${at}: record ${envelope.seq} stands where ${seq} must`);
    if (begun === undefined) {
      if (envelope.kind !== 'Segment') throw new DamagedLedgerError(`${at}: the first record is no Segment`);
      begun = { start: parseRecord(line).data as SegmentStart, prev: envelope.prev, startedAt: envelope.time };
    } else if (envelope.prev !== head.hash) {
      throw new DamagedLedgerError(`${at}: record ${seq} does not follow the one before it, or that was changed`);
    }
    if (envelope.time < time) throw new DamagedLedgerError(`${at}: record ${seq} is older than the one before it`);
    head = { seq, hash: hashLine(line) };
    time = envelope.time;
    markRecord(segment, seq, offset);
    visit(envelope, head.hash, line);
    return true;
  });
  if (begun === undefined) throw new DamagedLedgerError(`${name} holds no record`);
  const rest = size - end.offset;
  if (rest > longestLine) {
    const seq = head.seq + 1;
    const start = Buffer.alloc(longestLine + 1);
    await file.read(start, end.offset);
    if (start.includes(0)) throw new BlankRecordError(`${name} ends in blanks`, { seq, offset: end.offset });
    throw new DamagedLedgerError(`${name}, byte ${end.offset}: record ${seq} is longer than a record may be`);
  }
  return { segment, ...begun, head, time, bytes: end.offset, rest };
}
