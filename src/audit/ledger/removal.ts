import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { inOrder, removalName, removalOf, sealName, sealOf, segmentOf } from './segment.ts';
import {
  isSignedBy,
  readRemoval,
  readSeal,
  REMOVAL_FORMAT,
  type Removal,
  type Seal,
  SIGNED_BYTES,
  signed,
  signedText,
} from './signed-file.ts';
import type { SigningKey } from './signing-key.ts';
import { mustBeSigned, type TrustedKeys } from './trusted-keys.ts';
import { readSmallFile, writeFileAtomically } from './write-file.ts';

/**
 * Writes down that retention is about to remove a segment. It is durable when this resolves, so that a segment that is gone
 * without one was taken by somebody else.
 *
 * @throws DamagedLedgerError where its seal is not by a key of ours: it may say that the segment is older than it is
 */
export async function noteRemoval(
  disk: Disk,
  directory: string,
  seal: Seal,
  { key, keys, now }: { readonly key: SigningKey; readonly keys: TrustedKeys; readonly now: number },
): Promise<void> {
  const { ledger, first, last } = seal;
  mustBeSigned(seal, sealName(first), keys);
  // A process that ended in between has noted it: on a full disk there may be no room to do so again.
  if (await wasRemoved(disk, directory, first, keys)) return;
  const removal: Removal = signed(
    {
      format: REMOVAL_FORMAT,
      ledger,
      first,
      last,
      seal: hashOfSeal(seal),
      why: 'Retention',
      time: new Date(now).toISOString(),
      key: key.id,
    },
    key,
  );
  await keepReserve(disk, directory);
  const reserve = join(directory, RESERVE_NAME);
  const file = await disk.open(reserve, 'Write');
  try {
    const bytes = Buffer.from(signedText(removal));
    await file.write(bytes, 0);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(reserve, join(directory, removalName(first)));
  await disk.syncFolder(directory);
}

/**
 * A file that becomes the next removal: it has its block already, so that a segment can be removed where the disk is full,
 * which is when it must be.
 */
const RESERVE_NAME = 'removal.reserve';

/** Makes it where there is none. Whoever may remove segments calls it while there is room. */
export async function keepReserve(disk: Disk, directory: string): Promise<void> {
  const path = join(directory, RESERVE_NAME);
  if ((await readSmallFile(disk, path, SIGNED_BYTES)) !== undefined) return;
  await writeFileAtomically(disk, path, ' '.repeat(SIGNED_BYTES));
}

/** Whether it is about the segment of this seal; its signature was checked. */
export function isRemovalOf({ ledger, first, last, seal: hash }: Removal, seal: Seal): boolean {
  return ledger === seal.ledger && first === seal.first && last === seal.last && hash === hashOfSeal(seal);
}

/**
 * Segments that are gone though retention has not removed them.
 *
 * @param known numbers of the first records of those that were there, besides those with a seal
 * @param removed have been found to be removed, and are not looked at again; it grows
 * @returns numbers of their first records, ascending
 */
export async function lostSegments(
  disk: Disk,
  { directory, keys }: { readonly directory: string; readonly keys: TrustedKeys },
  known: readonly number[],
  removed: Set<number>,
): Promise<readonly number[]> {
  const names = await disk.names(directory);
  const here = new Set(names.map(segmentOf));
  const noted = new Set(names.map(removalOf));
  const lost: number[] = [];
  for (const first of [...new Set([...inOrder(names, sealOf), ...known])].sort((a, b) => a - b)) {
    if (here.has(first) || removed.has(first)) continue;
    if (noted.has(first) && (await wasRemoved(disk, directory, first, keys))) removed.add(first);
    else lost.push(first);
  }
  return lost;
}

async function wasRemoved(disk: Disk, directory: string, first: number, keys: TrustedKeys): Promise<boolean> {
  const [sealText, text] = [sealName(first), removalName(first)].map((name) =>
    readSmallFile(disk, join(directory, name), SIGNED_BYTES),
  );
  const seal = readSeal((await sealText) ?? '');
  const removal = readRemoval((await text) ?? '');
  const key = removal === undefined ? undefined : keys.get(removal.key);
  if (seal === undefined || removal === undefined || key === undefined) return false;
  return isSignedBy(removal, key.key) && isRemovalOf(removal, seal);
}

/** Of its file, which has one way to be written. */
function hashOfSeal(seal: Seal): string {
  return createHash('sha256').update(signedText(seal)).digest('hex');
}
