import { createArchiveEvents } from '../../audit/archive/archive-events.ts';
import { type ArchiveDeps, keepArchiving } from '../../audit/archive/archive-segments.ts';
import { keepRemoving } from '../../audit/archive/retention.ts';
import { createFileCursor } from '../../audit/ledger/file-cursor.ts';
import { nodeDisk } from '../../audit/ledger/node-disk.ts';
import { keepReserve } from '../../audit/ledger/removal.ts';
import { createS3Store, type ObjectStore } from '../../audit/s3/s3-store.ts';
import type { AuditArchiveConfig } from '../../platform/config/audit-archive.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';
import { ARCHIVE_CURSOR, DETECTORS_CURSOR, sinkCursor } from './cursor-names.ts';
import { readSecretFile } from './secret-file.ts';
import { whenReadable } from './when-readable.ts';

const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;

/** Closed segments go to the archive, and old ones from the disk. */
export function archivePart({ process, options, ledger, evidence }: AuditContext): AuditPart | undefined {
  const { archive, retention } = options;
  if (archive === undefined && retention === undefined) return undefined;
  const { clock, log } = process;
  const { directory } = options.ledger;
  const disk = nodeDisk;
  const followers = followersOf(options);
  const readers = [...followers, ...(options.index === undefined ? [] : ['index'])];
  const events = createArchiveEvents(log, process.metrics, readers);
  const cursor = createFileCursor({ directory, name: ARCHIVE_CURSOR, ledger: ledger.id, disk });

  const archiving = async (signal: AbortSignal): Promise<void> => {
    if (archive === undefined) return;
    const open = () => openStore(archive);
    const store = await whenReadable('the key of the archive', open, process, signal);
    if (store === undefined) return;
    try {
      const deps: ArchiveDeps = { disk, store, cursor, events };
      await keepArchiving({ directory, ledger: ledger.id, prefix: archive.prefix }, deps, clock, signal);
    } finally {
      store.close();
    }
  };
  const removing = async (signal: AbortSignal): Promise<void> => {
    if (retention === undefined) return;
    const indexed = (): Record<string, number> => {
      const seq = evidence.indexed();
      return seq === undefined ? {} : { index: seq };
    };
    // A disk that is full now has room when a segment is gone; until then it is tried again.
    await keepReserve(disk, directory).catch((error: unknown) => events.failed('Retention', error));
    await keepRemoving(
      { directory, ledger: ledger.id, keepMs: retention.days * DAY_MS, followers, readers: indexed },
      {
        disk,
        clock,
        events,
        noteRemoval: (seal) => ledger.noteRemoval(seal),
        forget: (seq) => evidence.forget(seq),
      },
      signal,
    );
  };
  return {
    name: 'archive',
    // A store that is away must not keep the API server from sending its events.
    ready: () => true,
    run: async (signal) => {
      await Promise.all([archiving(signal), removing(signal)]);
    },
  };
}

/** Names of the cursors of whoever is configured: a segment stays until each of them is behind it. */
function followersOf({ archive, receiver, sinks }: AuditContext['options']): readonly string[] {
  return [
    ...(archive === undefined ? [] : [ARCHIVE_CURSOR]),
    ...(receiver === undefined ? [] : [DETECTORS_CURSOR]),
    ...sinks.map(({ name }) => sinkCursor(name)),
  ];
}

/** @throws where the files of its key cannot be read */
export async function openStore(config: Omit<AuditArchiveConfig, 'prefix'>): Promise<ObjectStore> {
  const { bucket, region, endpoint, pathStyle, accessKeyIdFile, secretAccessKeyFile, objectSeconds } = config;
  const credentials =
    accessKeyIdFile === undefined || secretAccessKeyFile === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: (await readSecretFile(accessKeyIdFile)).reveal(),
            secretAccessKey: (await readSecretFile(secretAccessKeyFile)).reveal(),
          },
        };
  return createS3Store({
    bucket,
    region,
    pathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...credentials,
    timeoutMs: objectSeconds * SECOND_MS,
  });
}
