import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import { type Disk, isMissing } from '../ledger/disk.ts';
import { segmentName } from '../ledger/segment.ts';
import type { Seal } from '../ledger/signed-file.ts';
import { readSmallFile } from '../ledger/write-file.ts';
import type { ArchiveEvents } from './archive-events.ts';
import { readSeals } from './read-seals.ts';

export interface RetentionOptions {
  /** Of the ledger. */
  readonly directory: string;
  readonly ledger: string;
  /** A segment goes so long after it was closed. */
  readonly keepMs: number;
  /** By name, how far somebody has read who is not done with a segment before: the archive, the index. */
  readonly readers: () => Promise<Readonly<Record<string, number>>>;
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

/**
 * Removes the segments that are old enough and that everybody has read, the oldest first and without a gap. Their seals stay:
 * they chain what is left to the first record, and say what has been there. The open segment has no seal, and stays.
 *
 * @returns the number of the first record that is kept
 */
export async function removeOld(options: RetentionOptions, deps: RetentionDeps): Promise<number> {
  const { directory, keepMs } = options;
  const { disk, clock, events, forget } = deps;
  const readers = { ...(await readCursors(disk, options)), ...(await options.readers()) };
  let kept = 1;
  for await (const { seal, isHere } of readSeals(disk, directory, 0, events.badSeal)) {
    if (isHere) {
      if (Date.parse(seal.closedAt) + keepMs > clock.now()) break;
      const behind = Object.entries(readers).find(([, seq]) => seq < seal.last);
      if (behind !== undefined) {
        events.held(seal.first, behind[0]);
        break;
      }
      await deps.noteRemoval(seal);
      await disk.remove(join(directory, segmentName(seal.first)));
      events.removed(seal.first);
    }
    kept = seal.last + 1;
  }
  await disk.syncFolder(directory);
  await forget(kept);
  return kept;
}

/** Between two rounds: what is a day too old may be an hour more so. */
const EVERY_MS = 3_600_000;
/** After one that failed, and the first one: the index is not open at once. */
const SOON_MS = 60_000;

/** Until the signal. */
export async function keepRemoving(options: RetentionOptions, deps: RetentionDeps, signal: AbortSignal): Promise<void> {
  let wait = SOON_MS;
  while (!signal.aborted) {
    await deps.clock.sleep(wait, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      await removeOld(options, deps);
      wait = EVERY_MS;
    } catch (error) {
      deps.events.failed('Retention', error);
      wait = SOON_MS;
    }
  }
}

const CURSOR_BYTES = 1_024;

/** Of the followers that keep one beside the ledger (`cursors/<name>.json`); one that cannot be read has read nothing. */
async function readCursors(
  disk: Disk,
  { directory, ledger }: RetentionOptions,
): Promise<Readonly<Record<string, number>>> {
  const folder = join(directory, 'cursors');
  const names = await disk.names(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const cursors: Record<string, number> = {};
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const text = await readSmallFile(disk, join(folder, name), CURSOR_BYTES);
    cursors[name.replace(/\.json$/, '')] = seqIn(text ?? '', ledger);
  }
  return cursors;
}

function seqIn(text: string, ledger: string): number {
  try {
    const value = JSON.parse(text) as { readonly ledger?: unknown; readonly seq?: unknown } | null;
    return value?.ledger === ledger && Number.isSafeInteger(value.seq) ? Number(value.seq) : 0;
  } catch {
    return 0;
  }
}
