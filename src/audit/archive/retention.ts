import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import { type Disk, isMissing } from '../ledger/disk.ts';
import { CURSORS, type FileCursorOptions, readFileCursor } from '../ledger/file-cursor.ts';
import { segmentName } from '../ledger/segment.ts';
import type { Seal } from '../ledger/signed-file.ts';
import type { ArchiveEvents } from './archive-events.ts';
import { readSeals } from './read-seals.ts';

export interface RetentionOptions {
  /** Of the ledger. */
  readonly directory: string;
  readonly ledger: string;
  /** A segment goes so long after it was closed. */
  readonly keepMs: number;
  /**
   * Names of those who are configured and keep a cursor beside the ledger: sinks, detectors, the archive. Of whom there is
   * none yet, nothing was read; of whom nobody is configured any more, it is removed.
   */
  readonly followers: readonly string[];
  /** By name, how far others have read who keep theirs elsewhere: the index. */
  readonly readers: () => Readonly<Record<string, number>>;
}

export interface RetentionDeps {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly events: ArchiveEvents;
  /** Durably, and signed: a segment that is gone without it was taken by somebody else. */
  readonly noteRemoval: (seal: Seal) => Promise<void>;
  /** The segments below `seq` are gone. */
  readonly forget: (seq: number) => Promise<void>;
}

export interface Kept {
  /** Number of the first record that is kept. */
  readonly from: number;
  /** Whether more is old enough, and somebody has not read it. */
  readonly held: boolean;
}

/**
 * Removes the segments that are old enough and that everybody has read, the oldest first and without a gap. Their seals stay:
 * they chain what is left to the first record, and say what has been there. The open segment has no seal, and stays.
 */
export async function removeOld(options: RetentionOptions, deps: RetentionDeps): Promise<Kept> {
  const { directory, keepMs } = options;
  const { disk, clock, events, forget } = deps;
  const readers = { ...(await readCursors(disk, options)), ...options.readers() };
  const behind: Record<string, number> = Object.fromEntries(Object.keys(readers).map((name) => [name, 0]));
  let kept = 1;
  for await (const { seal, isHere } of readSeals(disk, directory, 0, events.badSeal)) {
    if (isHere) {
      const since = Date.parse(seal.closedAt) + keepMs;
      if (since > clock.now()) break;
      const waiting = Object.entries(readers).filter(([, seq]) => seq < seal.last);
      const seconds = (clock.now() - since) / 1_000;
      for (const [name] of waiting) behind[name] = seconds;
      const [first] = waiting;
      if (first !== undefined) {
        events.held(seal.first, waiting.map(([name]) => name).join(', '), seconds);
        break;
      }
      await deps.noteRemoval(seal);
      await disk.remove(join(directory, segmentName(seal.first)));
      events.removed(seal.first);
    }
    kept = seal.last + 1;
  }
  events.behind(behind);
  await disk.syncFolder(directory);
  await forget(kept);
  return { from: kept, held: Object.values(behind).some((seconds) => seconds > 0) };
}

/**
 * A follower that is configured no more holds nothing back: its cursor is removed, and it is said so. One that comes back under
 * that name begins with the oldest record that is kept, so that it may get some again, and misses what has gone meanwhile.
 */
export async function removeStrayCursors(
  { directory, ledger, followers }: Pick<RetentionOptions, 'directory' | 'ledger' | 'followers'>,
  { disk, events }: Pick<RetentionDeps, 'disk' | 'events'>,
): Promise<void> {
  const folder = join(directory, CURSORS);
  for (const name of await cursorNames(disk, folder)) {
    if (followers.includes(name)) continue;
    const seq = await seqOf({ directory, name, ledger, disk });
    await disk.remove(join(folder, `${name}.json`));
    events.strayed(name, seq);
  }
}

/** Between two rounds: what is a day too old may be an hour more so. */
const EVERY_MS = 3_600_000;
/** While somebody is waited for: a disk that they have filled needs the room soon after. */
const HELD_MS = 300_000;
/** After one that failed, and the first one: the index is not open at once. */
const SOON_MS = 60_000;

/** Until the signal. */
export async function keepRemoving(options: RetentionOptions, deps: RetentionDeps, signal: AbortSignal): Promise<void> {
  let wait = SOON_MS;
  let strays = true;
  while (!signal.aborted) {
    await deps.clock.sleep(wait, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      if (strays) await removeStrayCursors(options, deps);
      strays = false;
      const { held } = await removeOld(options, deps);
      wait = held ? HELD_MS : EVERY_MS;
    } catch (error) {
      deps.events.failed('Retention', error);
      wait = SOON_MS;
    }
  }
}

async function cursorNames(disk: Disk, folder: string): Promise<readonly string[]> {
  const files = await disk.names(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
}

/** Of those who keep one beside the ledger. */
async function readCursors(
  disk: Disk,
  { directory, ledger, followers }: RetentionOptions,
): Promise<Readonly<Record<string, number>>> {
  const cursors: Record<string, number> = {};
  for (const name of followers) {
    cursors[name] = await seqOf({ directory, name, ledger, disk });
  }
  return cursors;
}

/** One that is not there, or cannot be read, has read nothing. */
async function seqOf(cursor: FileCursorOptions): Promise<number> {
  return (await readFileCursor(cursor).catch(() => undefined)) ?? 0;
}
