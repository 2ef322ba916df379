import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { DamagedLedgerError, scanSegment } from './scan-segment.ts';
import { sealName, segmentName } from './segment.ts';
import { SEAL_FORMAT, type Seal, signed, signedText } from './signed-file.ts';
import type { SigningKey } from './signing-key.ts';
import { writeFileAtomically } from './write-file.ts';

export interface ClosedSegment {
  readonly first: number;
  /** Hash of its last line, as we wrote it: what is signed must be what was written. */
  readonly head: string;
}

const NEWLINE = Buffer.from('\n');

/**
 * Reads a closed segment as it stands on the disk, and writes its seal.
 *
 * @throws DamagedLedgerError where it is not what was written; it is not sealed then
 */
export async function sealSegment(
  { first, head }: ClosedSegment,
  options: { readonly directory: string; readonly longestLine: number; readonly now: number },
  { disk, key }: { readonly disk: Disk; readonly key: SigningKey },
): Promise<Seal> {
  const { directory, longestLine, now } = options;
  const name = segmentName(first);
  const sha256 = createHash('sha256');
  const file = await disk.open(join(directory, name), 'Read');
  try {
    const scanned = await scanSegment(file, first, longestLine, (_, __, line) => {
      sha256.update(line).update(NEWLINE);
    });
    if (scanned.rest > 0) throw new DamagedLedgerError(`${name} has ${scanned.rest} bytes behind its last record`);
    if (scanned.head.hash !== head)
      throw new DamagedLedgerError(`${name} does not end with the record that was written`);
    const seal: Seal = signed(
      {
        format: SEAL_FORMAT,
        ledger: scanned.start.ledger,
        first,
        last: scanned.head.seq,
        records: scanned.head.seq - first + 1,
        bytes: scanned.bytes,
        sha256: sha256.digest('hex'),
        prev: scanned.prev,
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
