import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';
import { DamagedLedgerError, scanSegment } from './scan-segment.ts';
import { sealName, segmentName } from './segment.ts';
import { SEAL_FORMAT, type Seal, signed, signedText } from './signed-file.ts';
import type { SigningKey } from './signing-key.ts';
import { writeFileAtomically } from './write-file.ts';

export interface ClosedSegment {
  readonly first: number;
  /** Hash of its last line, as we wrote it: what is signed must be what was written. */
  readonly head: string;
  /** Absent where a process before this one wrote some of it. */
  readonly written?: WrittenSegment;
}

/** What was written, and is durable: whether it is what stands on the disk is then seen by its hash alone. */
export interface WrittenSegment {
  /** UUID. */
  readonly ledger: string;
  /** Number of its last record. */
  readonly last: number;
  readonly bytes: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  /** Hash of the line before its first. */
  readonly prev: string;
}

const NEWLINE = Buffer.from('\n');
const CHUNK_BYTES = 1_048_576;

/**
 * Reads a closed segment as it stands on the disk, and writes its seal.
 *
 * @throws DamagedLedgerError where it is not what was written; it is not sealed then
 */
export async function sealSegment(
  { first, head, written }: ClosedSegment,
  options: { readonly directory: string; readonly longestLine: number; readonly now: number },
  { disk, key }: { readonly disk: Disk; readonly key: SigningKey },
): Promise<Seal> {
  const { directory, longestLine, now } = options;
  const file = await disk.open(join(directory, segmentName(first)), 'Read');
  try {
    const { ledger, last, bytes, sha256, prev } =
      written !== undefined && (await holds(file, written)) ? written : await read(file, first, head, longestLine);
    const seal: Seal = signed(
      {
        format: SEAL_FORMAT,
        ledger,
        first,
        last,
        records: last - first + 1,
        bytes,
        sha256,
        prev,
        head,
        closedAt: new Date(now).toISOString(),
        key: key.id,
      },
      key,
    );
    await writeFileAtomically(disk, join(directory, sealName(first)), signedText(seal));
    return seal;
  } finally {
    await file.close();
  }
}

async function holds(file: DiskFile, { bytes, sha256 }: WrittenSegment): Promise<boolean> {
  if ((await file.size()) !== bytes) return false;
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (let at = 0; at < bytes; ) {
    const got = await file.read(chunk, at);
    if (got === 0) return false;
    hash.update(chunk.subarray(0, got));
    at += got;
  }
  return hash.digest('hex') === sha256;
}

/** @throws DamagedLedgerError */
async function read(file: DiskFile, first: number, head: string, longestLine: number): Promise<WrittenSegment> {
  const name = segmentName(first);
  const sha256 = createHash('sha256');
  const { start, prev, bytes, rest, ...scanned } = await scanSegment(file, first, longestLine, (_, __, line) => {
    sha256.update(line).update(NEWLINE);
  });
  if (rest > 0) throw new DamagedLedgerError(`${name} has ${rest} bytes behind its last record`);
  if (scanned.head.hash !== head) throw new DamagedLedgerError(`${name} does not end with the record that was written`);
  return { ledger: start.ledger, last: scanned.head.seq, bytes, sha256: sha256.digest('hex'), prev };
}
