import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { DamagedLedgerError } from './scan-segment.ts';
import { type Checkpoint, HEAD_FORMAT, readCheckpoint, signed, SIGNED_BYTES, signedText } from './signed-file.ts';
import type { SigningKey } from './signing-key.ts';
import { mustBeSigned, type TrustedKeys } from './trusted-keys.ts';
import { readSmallFile, writeFileAtomically } from './write-file.ts';

export const HEAD_NAME = 'head.json';
export const KEYS_FOLDER = 'keys';

/** @returns undefined where there is none. @throws DamagedLedgerError where it is no checkpoint by one of `keys` */
export async function readHead(disk: Disk, directory: string, keys: TrustedKeys): Promise<Checkpoint | undefined> {
  const text = await readSmallFile(disk, join(directory, HEAD_NAME), SIGNED_BYTES);
  if (text === undefined) return undefined;
  const head = readCheckpoint(text);
  if (head === undefined) throw new DamagedLedgerError(`${HEAD_NAME} is no checkpoint`);
  mustBeSigned(head, HEAD_NAME, keys);
  return head;
}

export async function writeHead(
  disk: Disk,
  directory: string,
  { ledger, seq, hash, time }: Pick<Checkpoint, 'ledger' | 'seq' | 'hash' | 'time'>,
  key: SigningKey,
): Promise<Checkpoint> {
  const head: Checkpoint = signed({ format: HEAD_FORMAT, ledger, seq, hash, time, key: key.id }, key);
  await writeFileAtomically(disk, join(directory, HEAD_NAME), signedText(head));
  return head;
}

/** So that the files alone can be verified. */
export async function keepPublicKey(disk: Disk, directory: string, { id, publicPem }: SigningKey): Promise<void> {
  const folder = join(directory, KEYS_FOLDER);
  await disk.makeFolder(folder);
  const path = join(folder, `${id}.pem`);
  if ((await readSmallFile(disk, path, SIGNED_BYTES)) === publicPem) return;
  await writeFileAtomically(disk, path, publicPem);
  await disk.syncFolder(directory);
}
