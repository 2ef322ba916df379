import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { Disk } from '../ledger/disk.ts';
import type { Cursor } from '../ledger/follow.ts';
import { sealName, segmentName } from '../ledger/segment.ts';
import type { ObjectStore, StoredObject } from '../s3/s3-store.ts';
import type { ArchiveEvents } from './archive-events.ts';
import { readSeals, type SealedSegment } from './read-seals.ts';

export interface ArchiveOptions {
  /** Of the ledger. */
  readonly directory: string;
  /** UUID of the ledger: each has a folder of its own. */
  readonly ledger: string;
  /** Before all keys; empty, or with a `/` at its end. */
  readonly prefix: string;
}

export interface ArchiveDeps {
  readonly disk: Disk;
  readonly store: ObjectStore;
  readonly cursor: Cursor;
  readonly events: ArchiveEvents;
}

/**
 * Sends what was sealed since the cursor, oldest first: the segment, then the key that signed, then the seal, so that where
 * there is a seal all of it is there. Each at least once; what stands there already is compared and left.
 *
 * @returns the number of the last record that is archived
 */
export async function archiveSealed(options: ArchiveOptions, deps: ArchiveDeps, signal: AbortSignal): Promise<number> {
  const { disk, cursor, events } = deps;
  let archived = await cursor.load();
  for await (const sealed of readSeals(disk, options.directory, archived, events.badSeal)) {
    signal.throwIfAborted();
    await archiveOne(sealed, options, deps, signal);
    archived = sealed.seal.last;
    await cursor.save(archived);
    events.archived(sealed.seal.first, sealed.seal.bytes);
  }
  return archived;
}

async function archiveOne(
  { seal, text, keyText, isHere }: SealedSegment,
  { directory, ledger, prefix }: ArchiveOptions,
  { store, events }: ArchiveDeps,
  signal: AbortSignal,
): Promise<void> {
  const folder = `${prefix}${ledger}/`;
  const segment: StoredObject = {
    key: `${folder}${segmentName(seal.first)}`,
    bytes: seal.bytes,
    sha256: seal.sha256,
    contentType: 'application/x-ndjson',
  };
  // The server checks the contents against the seal: a segment that was changed on our disk does not get there.
  if (isHere) await store.put(segment, () => createReadStream(join(directory, segmentName(seal.first))), signal);
  else if (!(await store.has(segment, signal))) events.missing(seal.first);
  const small: readonly (readonly [string, string, string])[] = [
    [`keys/${seal.key}.pem`, keyText, 'application/x-pem-file'],
    [sealName(seal.first), text, 'application/json'],
  ];
  for (const [name, contents, contentType] of small) {
    const bytes = Buffer.from(contents);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await store.put({ key: folder + name, bytes: bytes.length, sha256, contentType }, () => bytes, signal);
  }
}

/** A segment is closed every few minutes at most. */
const EVERY_MS = 30_000;
const LONGEST_WAIT_MS = 300_000;

/** Until the signal; a store that is away is tried again, and keeps nobody else waiting. */
export async function keepArchiving(
  options: ArchiveOptions,
  deps: ArchiveDeps,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await archiveSealed(options, deps, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      deps.events.failed('Archive', error);
    }
    await clock.sleep(Math.min(LONGEST_WAIT_MS, EVERY_MS * 2 ** Math.min(failures, 4)), signal).catch(() => undefined);
  }
}
