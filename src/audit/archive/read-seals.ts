import { join } from 'node:path';
import type { Disk } from '../ledger/disk.ts';
import { KEYS_FOLDER } from '../ledger/head-file.ts';
import { inOrder, sealName, sealOf, segmentOf } from '../ledger/segment.ts';
import { isSignedBy, readPublicKey, readSeal, type Seal, SIGNED_BYTES } from '../ledger/signed-file.ts';
import { readSmallFile } from '../ledger/write-file.ts';

/** A closed segment of which the seal is good: signed by a key that stands beside it. */
export interface SealedSegment {
  readonly seal: Seal;
  /** As it stands in its file. */
  readonly text: string;
  readonly keyText: string;
  /** False where retention has taken it. */
  readonly isHere: boolean;
}

/**
 * The sealed segments in order and without a gap, from the one that begins behind `afterSeq`. It ends before the first seal that is
 * not good, which verify names.
 *
 * @param onBad is told of that one
 */
export async function* readSeals(
  disk: Disk,
  directory: string,
  afterSeq: number,
  onBad: (segment: number) => void,
): AsyncGenerator<SealedSegment> {
  const names = await disk.names(directory);
  const here = new Set(names.map(segmentOf));
  let next = afterSeq + 1;
  for (const first of inOrder(names, sealOf).filter((each) => each > afterSeq)) {
    // One that could not be sealed yet stands between: what comes after it waits.
    if (first !== next) return;
    const text = await readSmallFile(disk, join(directory, sealName(first)), SIGNED_BYTES);
    const seal = text === undefined ? undefined : readSeal(text);
    if (text === undefined || seal?.first !== first) return onBad(first);
    const keyText = await readSmallFile(disk, join(directory, KEYS_FOLDER, `${seal.key}.pem`), SIGNED_BYTES);
    const key = keyText === undefined ? undefined : readPublicKey(keyText);
    if (keyText === undefined || key?.id !== seal.key || !isSignedBy(seal, key.key)) return onBad(first);
    next = seal.last + 1;
    yield { seal, text, keyText, isHere: here.has(first) };
  }
}
