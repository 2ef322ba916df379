import { readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createArchiveEvents } from '../../src/audit/archive/archive-events.ts';
import { removeOld } from '../../src/audit/archive/retention.ts';
import { createIndexEvents } from '../../src/audit/index/index-events.ts';
import { keepIndex } from '../../src/audit/index/keep-index.ts';
import { openSqliteIndex } from '../../src/audit/index/sqlite/sqlite-index.ts';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { noteRemoval } from '../../src/audit/ledger/removal.ts';
import { trustedKeys } from '../../src/audit/ledger/trusted-keys.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import { testSigningKey } from '../builders/ledger.ts';
import { type ReceiverFiles, startReceiver } from './audit-receiver.ts';

/**
 * What takes events in, for a long time: the receiver, its ledger with small segments, the index in SQLite, and retention.
 * `node --expose-gc soak-child.ts DIRECTORY FILES`. On standard output it says `port N` and, each second, a `SoakSample`
 * as JSON; it ends by SIGTERM.
 */
const [directory = '', files = ''] = process.argv.slice(2);

export interface SoakSample {
  /** Bytes. */
  readonly rss: number;
  /** Of what is still in use behind a garbage collection, buffers too. */
  readonly retained: number;
  readonly descriptors: number;
  /** Timers, sockets, requests to the disk. */
  readonly resources: number;
  /** Records that are not in the index yet. */
  readonly behind: number;
}

const SEGMENT_BYTES = 2 * 1024 * 1024;
/** What a ledger remembers to know duplicates turns over many times, as it does within minutes in earnest. */
const RECENT = { records: 20_000, ms: 30_000 };
const KEEP_MS = 10_000;
const ledgerDirectory = join(directory, 'ledger');
const indexDirectory = join(directory, 'index');

const metrics = createMetrics({ processMetrics: false });
const receiver = await startReceiver(
  ledgerDirectory,
  JSON.parse(readFileSync(files, 'utf8')) as ReceiverFiles,
  {},
  { sizes: { segmentBytes: SEGMENT_BYTES, recent: RECENT, checkpointMs: 2_000 } },
);
const { ledger } = receiver;
const kept = keepIndex({
  ledger,
  open: () => openSqliteIndex({ directory: indexDirectory, ledger: ledger.id, searchMs: 5_000 }),
  limits: { records: 1_000, bytes: 4 * 1024 * 1024 },
  clock: systemClock,
  random: Math.random,
  events: createIndexEvents(silentLogger, metrics),
});
const stop = new AbortController();
const indexing = kept.run(stop.signal);
const key = testSigningKey();
const archiveEvents = createArchiveEvents(silentLogger, metrics, ['index']);

const look = async (): Promise<void> => {
  await removeOld(
    {
      directory: ledgerDirectory,
      ledger: ledger.id,
      keepMs: KEEP_MS,
      followers: [],
      readers: () => ({ index: kept.indexed() }),
    },
    {
      disk: nodeDisk,
      clock: systemClock,
      events: archiveEvents,
      noteRemoval: (seal) =>
        noteRemoval(nodeDisk, ledgerDirectory, seal, { key, keys: trustedKeys(key, []), now: systemClock.now() }),
      forget: async (seq) => await kept.current()?.forget(seq),
    },
  );
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const sample: SoakSample = {
    rss,
    retained: heapUsed + external,
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().length,
    behind: (ledger.head()?.seq ?? 0) - kept.indexed(),
  };
  writeSync(1, `${JSON.stringify(sample)}\n`);
};
// One after the other, however long one takes.
const looking = (async () => {
  while (!stop.signal.aborted) {
    await systemClock.sleep(1_000, stop.signal).catch(() => undefined);
    if (!stop.signal.aborted) await look();
  }
})();

process.once('SIGTERM', () => {
  void (async () => {
    stop.abort();
    await Promise.all([indexing, looking]);
    await receiver[Symbol.asyncDispose]();
  })();
});
writeSync(1, `port ${receiver.port}\n`);
