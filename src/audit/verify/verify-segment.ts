import { createHash } from 'node:crypto';
import type { DiskFile } from '../ledger/disk.ts';
import { hashLine, parseRecord, readEnvelope } from '../ledger/line.ts';
import { forEachLine } from '../ledger/lines.ts';
import { segmentName } from '../ledger/segment.ts';
import type { Seal } from '../ledger/signed-file.ts';
import type { Finding, FindingKind } from './finding.ts';

/** What a segment must go on from. Undefined: what stood before it is in doubt, or gone. */
export interface Expected {
  readonly prev: string | undefined;
  readonly ledger: string | undefined;
  readonly time: string;
}

export interface VerifiedSegment {
  readonly finding?: Finding;
  readonly ledger: string | undefined;
  readonly last: number;
  readonly head: string;
  readonly time: string;
  readonly bytes: number;
  /** That no newline ends. */
  readonly rest: number;
}

/** No record of ours is longer, whatever was configured. */
const LONGEST_LINE = 128 * 1024 * 1024;
const CHUNK_BYTES = 1_048_576;

/** At a record that does not fit: which one of two is wrong shows only in the line behind it. */
type Doubt =
  | {
      readonly kind: 'Prev';
      readonly seq: number;
      readonly offset: number;
      readonly before: number;
      readonly hash: string;
    }
  | { readonly kind: 'Gap'; readonly seq: number; readonly expected: number; readonly offset: number };

/**
 * Reads a segment up to the first record that is wrong.
 *
 * @param knownHash what a checkpoint says of a record
 */
export async function verifySegment(
  file: DiskFile,
  first: number,
  expected: Expected,
  seal: Seal | undefined,
  knownHash: (seq: number) => string | undefined,
): Promise<VerifiedSegment> {
  const name = segmentName(first);
  const sha256 = createHash('sha256');
  let finding: Finding | undefined;
  let doubt: Doubt | undefined;
  let { ledger, time } = expected;
  let seq = first;
  let before = { prev: expected.prev, offset: 0 };

  const report = (kind: FindingKind, at: { readonly seq: number; readonly offset: number }, message: string) => {
    finding ??= { kind, file: name, seq: at.seq, offset: at.offset, message };
    return false;
  };
  const settle = (doubted: Doubt, next: { readonly seq: number; readonly prev: string } | undefined) => {
    if (doubted.kind === 'Gap') {
      const at = { seq: doubted.expected, offset: doubted.offset };
      return next?.seq === doubted.expected
        ? report('OutOfOrder', at, `record ${doubted.seq} stands before record ${doubted.expected}`)
        : report('Missing', at, range(doubted.expected, doubted.seq - 1));
    }
    const followed = next?.prev ?? (seal?.last === doubted.seq ? seal.head : knownHash(doubted.seq));
    // The record is intact where what follows still names it: then it is the one before that was changed.
    return followed === doubted.hash && doubted.seq > first
      ? report('Changed', { seq: doubted.seq - 1, offset: doubted.before }, `record ${doubted.seq - 1} was changed`)
      : report('Changed', doubted, `record ${doubted.seq} was changed, or is of another ledger or place`);
  };

  const { size, end } = await lines(file, (line, offset) => {
    if (seal !== undefined) sha256.update(line).update('\n');
    const envelope = readEnvelope(line);
    if (doubt !== undefined) return settle(doubt, envelope);
    const at = { seq, offset };
    if (seal !== undefined && offset >= seal.bytes) return report('TrailingBytes', at, 'stands behind what was sealed');
    if (envelope === undefined)
      return report('Changed', at, `what stands where record ${seq} must is written as no record is`);
    if (envelope.seq < seq) return report('OutOfOrder', at, `record ${envelope.seq} stands where record ${seq} must`);
    if (envelope.seq > seq) {
      doubt = { kind: 'Gap', seq: envelope.seq, expected: seq, offset };
      return true;
    }
    const hash = hashLine(line);
    if (before.prev !== undefined && envelope.prev !== before.prev) {
      doubt = { kind: 'Prev', seq, offset, before: before.offset, hash };
      return true;
    }
    const known = knownHash(seq);
    if (known !== undefined && known !== hash)
      return report('Changed', at, `record ${seq} is not the one of the checkpoint`);
    if (envelope.time < time) return report('OutOfOrder', at, `record ${seq} is older than the one before it`);
    const start = seq === first;
    if (start !== (envelope.kind === 'Segment'))
      return report(
        'Changed',
        at,
        `record ${seq} ${start ? 'begins' : 'is within'} a segment, as kind ${envelope.kind}`,
      );
    const data = dataOf(line);
    if (data === undefined) return report('Changed', at, `record ${seq} is no JSON`);
    if (start) {
      const own = 'ledger' in data && typeof data.ledger === 'string' ? data.ledger : '';
      if (ledger !== undefined && own !== ledger) return report('Spliced', at, `the segment is of ledger ${own}`);
      ledger = own;
    }
    before = { prev: hash, offset };
    ({ time } = envelope);
    seq += 1;
    return true;
  });
  if (doubt !== undefined) settle(doubt, undefined);
  const last = seq - 1;
  const rest = size - end;
  const state = { ledger, last, head: before.prev ?? '', time, bytes: end, rest };
  if (finding === undefined && last < first)
    report('Truncated', { seq: first, offset: 0 }, 'the segment holds no record');
  if (finding === undefined && seal !== undefined) finding = againstSeal(name, state, seal, () => sha256.digest('hex'));
  return finding === undefined ? state : { finding, ...state };
}

async function lines(file: DiskFile, visit: (line: Buffer, offset: number) => boolean) {
  const size = await file.size();
  const range = { from: 0, to: size, chunkBytes: CHUNK_BYTES, lineBytes: LONGEST_LINE };
  const { offset } = await forEachLine(file, range, visit);
  return { size, end: offset };
}

/** The records are in order: is it all that was sealed, and nothing besides? */
function againstSeal(
  file: string,
  { ledger, last, head, bytes, rest }: VerifiedSegment,
  seal: Seal,
  sha256: () => string,
): Finding | undefined {
  if (last < seal.last)
    return {
      kind: 'Truncated',
      file,
      seq: last + 1,
      offset: bytes,
      message: `${range(last + 1, seal.last)}, which were sealed`,
    };
  if (rest > 0)
    return {
      kind: 'TrailingBytes',
      file,
      seq: last + 1,
      offset: bytes,
      message: `${rest} bytes stand behind the last record`,
    };
  if (head !== seal.head && last === seal.last)
    return {
      kind: 'Changed',
      file,
      seq: last,
      message: `record ${last} is not the one that was sealed: it was changed, or one before it and the chain made anew`,
    };
  if (ledger !== seal.ledger) return { kind: 'Spliced', file, message: `its seal is of ledger ${seal.ledger}` };
  if (last !== seal.last || bytes !== seal.bytes || sha256() !== seal.sha256)
    return { kind: 'BadSeal', file, message: 'the seal is of another file' };
  return undefined;
}

export function range(first: number, last: number): string {
  return first === last ? `record ${first} is gone` : `records ${first} to ${last} are gone`;
}

function dataOf(line: Buffer): object | undefined {
  try {
    const { data } = parseRecord(line);
    return typeof data === 'object' && data !== null ? data : undefined;
  } catch {
    return undefined;
  }
}
