import { join } from 'node:path';
import { type Disk, isMissing } from '../ledger/disk.ts';
import { HEAD_NAME, KEYS_FOLDER } from '../ledger/head-file.ts';
import { isRemovalOf } from '../ledger/removal.ts';
import { inOrder, removalName, removalOf, sealName, sealOf, segmentOf } from '../ledger/segment.ts';
import {
  type Checkpoint,
  isSignedBy,
  type PublicKey,
  readCheckpoint,
  readPublicKey,
  readRemoval,
  readSeal,
  type Removal,
  type Seal,
  type Signed,
  SIGNED_BYTES,
} from '../ledger/signed-file.ts';
import { readSmallFile } from '../ledger/write-file.ts';
import type { Finding } from './finding.ts';

/** What stands beside the segments, each of it checked by itself. */
export interface LoadedDirectory {
  /** First records of the segments that are there, ascending. */
  readonly segments: readonly number[];
  /** Names of seals that are there, good or not, ascending. */
  readonly sealed: readonly number[];
  /** The good ones. */
  readonly seals: ReadonlyMap<number, Seal>;
  /** What says that retention took a segment, by its first record; the good ones. */
  readonly removals: ReadonlyMap<number, Removal>;
  readonly head: Checkpoint | undefined;
  /** Of those that were kept elsewhere the good ones. */
  readonly heads: readonly KeptHead[];
  /** Ids of the keys that signed something. */
  readonly signers: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

/** A checkpoint that was kept elsewhere. */
export interface KeptHead {
  readonly file: string;
  readonly checkpoint: Checkpoint;
}

/** A key, a seal and a checkpoint are short; a longer file is read as far as it may be, and is none then. */
const MOST_KEYS = 10_000;

/**
 * @param pins the keys that may have signed; without any, those in `keys` are believed
 * @throws the error of the system where something cannot be read
 */
export async function loadDirectory(
  disk: Disk,
  directory: string,
  pins: readonly PublicKey[],
  kept: readonly KeptHead[],
): Promise<LoadedDirectory> {
  const findings: Finding[] = [];
  // The checkpoint before the segments: those that are written meanwhile are not missed then.
  const headText = await readText(disk, join(directory, HEAD_NAME), SIGNED_BYTES);
  const names = await disk.names(directory);
  const keys = await loadKeys(disk, directory, pins, findings);
  const signers = new Set<string>();

  const isGood = (
    value: Signed,
    file: string,
    kind: 'BadSeal' | 'BadRemoval' | 'BadHead',
    at: { readonly seq?: number },
  ) => {
    const key = keys.get(value.key);
    if (key === undefined) {
      findings.push({ kind: 'UnknownKey', file, ...at, message: `it is signed by key ${value.key}` });
      return false;
    }
    if (!isSignedBy(value, key.key)) {
      findings.push({ kind, file, ...at, message: 'its signature is wrong' });
      return false;
    }
    signers.add(value.key);
    return true;
  };

  const sealed = inOrder(names, sealOf);
  const seals = new Map<number, Seal>();
  for (const first of sealed) {
    const file = sealName(first);
    const text = await readText(disk, join(directory, file), SIGNED_BYTES);
    const seal = text === undefined ? undefined : readSeal(text);
    if (seal === undefined)
      findings.push({ kind: 'BadSeal', file, seq: first, message: 'it is written as no seal is' });
    else if (isGood(seal, file, 'BadSeal', { seq: first })) {
      if (seal.first !== first)
        findings.push({ kind: 'Spliced', file, seq: first, message: `it is the seal of segment ${seal.first}` });
      else if (seal.records !== seal.last - first + 1)
        findings.push({ kind: 'BadSeal', file, seq: first, message: 'it counts wrongly' });
      else seals.set(first, seal);
    }
  }

  const removals = new Map<number, Removal>();
  for (const first of inOrder(names, removalOf)) {
    const file = removalName(first);
    const text = await readText(disk, join(directory, file), SIGNED_BYTES);
    const removal = text === undefined ? undefined : readRemoval(text);
    const seal = seals.get(first);
    if (removal === undefined)
      findings.push({ kind: 'BadRemoval', file, seq: first, message: 'it is written as none is' });
    else if (isGood(removal, file, 'BadRemoval', { seq: first })) {
      if (seal !== undefined && isRemovalOf(removal, seal)) removals.set(first, removal);
      else findings.push({ kind: 'BadRemoval', file, seq: first, message: 'it is not of the segment of this seal' });
    }
  }

  let head: Checkpoint | undefined;
  const read = headText === undefined ? undefined : readCheckpoint(headText);
  if (headText === undefined) findings.push({ kind: 'BadHead', file: HEAD_NAME, message: 'it is gone' });
  else if (read === undefined)
    findings.push({ kind: 'BadHead', file: HEAD_NAME, message: 'it is written as no checkpoint is' });
  else if (isGood(read, HEAD_NAME, 'BadHead', {})) head = read;

  const heads = kept.filter(({ file, checkpoint }) => isGood(checkpoint, file, 'BadHead', {}));
  return { segments: inOrder(names, segmentOf), sealed, seals, removals, head, heads, signers, findings };
}

async function loadKeys(disk: Disk, directory: string, pins: readonly PublicKey[], findings: Finding[]) {
  const keys = new Map<string, PublicKey>();
  const names = await disk.names(join(directory, KEYS_FOLDER)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  for (const name of names.filter((each) => each.endsWith('.pem')).slice(0, MOST_KEYS)) {
    const file = join(KEYS_FOLDER, name);
    const pem = await readText(disk, join(directory, file), SIGNED_BYTES);
    const key = pem === undefined ? undefined : readPublicKey(pem);
    if (key === undefined || key.pem !== pem || `${key.id}.pem` !== name)
      findings.push({ kind: 'BadKey', file, message: 'it is not the key that it is named by' });
    else if (pins.length === 0) keys.set(key.id, key);
  }
  for (const pin of pins) keys.set(pin.id, pin);
  return keys;
}

/** @returns what is no text of ours for a file that is too long */
async function readText(disk: Disk, path: string, limit: number): Promise<string | undefined> {
  try {
    return await readSmallFile(disk, path, limit);
  } catch (error) {
    if (error instanceof RangeError) return '';
    throw error;
  }
}
