import { appendFile, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Kept, removeOld } from '../../src/audit/archive/retention.ts';
import { createFileCursor } from '../../src/audit/ledger/file-cursor.ts';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { keepReserve, noteRemoval } from '../../src/audit/ledger/removal.ts';
import { trustedKeys } from '../../src/audit/ledger/trusted-keys.ts';
import { testSigningKey } from '../builders/ledger.ts';
import { FakeSink } from '../../src/audit/sinks/fake-sink.ts';
import { runSink } from '../../src/audit/sinks/run-sink.ts';
import { createSinkEvents } from '../../src/audit/sinks/sink-events.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { auditEvent, eventList } from '../builders/audit-events.ts';
import { achieves } from '../harness/achieves.ts';
import { createSender, startReceiver } from '../harness/audit-receiver.ts';
import { canMount, type SmallDisk, smallDisk } from '../harness/small-disk.ts';
import { testCertificates } from '../harness/test-certificates.ts';

const [TLS] = testCertificates('kube-apiserver');
const FILES = {
  host: '127.0.0.1',
  port: 0,
  certificate: TLS.cert,
  key: TLS.key,
  clientAuthority: TLS.ca,
  clientName: 'kube-apiserver',
};
const SEGMENT_BYTES = 500_000;
const EVENTS = 100;

const KEY = testSigningKey();
const DISK_BYTES = 8 * 1024 * 1024;

let disk: SmallDisk | undefined;
beforeEach(async () => {
  disk = canMount ? await smallDisk(DISK_BYTES) : undefined;
});
afterEach(async () => {
  await disk?.[Symbol.asyncDispose]();
});

/** Retention for which everything is old enough. */
async function remove(directory: string, ledger: Ledger): Promise<Kept & { readonly told: readonly string[] }> {
  const told: string[] = [];
  const events = {
    archived: () => undefined,
    missing: () => undefined,
    badSeal: () => undefined,
    removed: () => undefined,
    held: (_segment: number, by: string) => void told.push(`held by ${by}`),
    behind: () => undefined,
    strayed: () => undefined,
    failed: () => undefined,
  };
  const options = { directory, ledger: ledger.id, keepMs: -1_000, followers: ['sink-siem'], readers: () => ({}) };
  const kept = await removeOld(options, {
    disk: nodeDisk,
    clock: systemClock,
    events,
    noteRemoval: (seal) =>
      noteRemoval(nodeDisk, directory, seal, { key: KEY, keys: trustedKeys(KEY, []), now: systemClock.now() }),
    forget: async () => undefined,
  });
  return { ...kept, told };
}

test.runIf(canMount)(
  '[F19] a sink that is away holds retention, and never past the disk: then the receiver says 503, until the sink is back',
  async () => {
    const mounted = disk?.mounted ?? '';
    const directory = join(mounted, 'ledger');
    await using receiver = await startReceiver(directory, FILES, {}, { sizes: { segmentBytes: SEGMENT_BYTES } });
    const { port, ledger } = receiver;
    // As the role does, at its start.
    await keepReserve(nodeDisk, directory);
    const sender = createSender({
      port,
      ca: TLS.ca,
      cert: TLS.clientCert,
      key: TLS.clientKey,
      from: '127.0.0.2',
      connections: 1,
    });
    const sink = new FakeSink();
    sink.judge = () => new Error('away');
    const stop = new AbortController();
    const running = runSink(
      {
        sink,
        kinds: ['AuditEvent'],
        batch: { records: 1_000, bytes: 4_000_000 },
        lingerMs: 0,
        messageBytes: 100_000,
      },
      {
        ledger,
        cursor: createFileCursor({ directory, name: 'sink-siem', ledger: ledger.id, disk: nodeDisk }),
        readHead: async () => undefined,
        clock: systemClock,
        random: () => 0,
        events: createSinkEvents(silentLogger, createMetrics({ processMetrics: false }), ['siem'])('siem'),
      },
      stop.signal,
    );
    const kept: number[] = [];
    let code = 200;
    for (let batch = 0; code === 200 && batch < 500; batch += 1) {
      const events = Array.from({ length: EVENTS }, (_, at) => auditEvent(batch * EVENTS + at));
      ({ code } = await sender.send(eventList(events)));
      if (code === 200) kept.push(batch);
    }
    expect(code).toBe(503);
    expect(kept.length).toBeGreaterThan(10);
    // To the last block: what is too small for a batch is enough for a file of a cursor.
    const crumbs = join(mounted, 'crumbs');
    for (let rest = true; rest; )
      rest = await appendFile(crumbs, Buffer.alloc(1024)).then(
        () => true,
        () => false,
      );
    expect((await statfs(mounted)).bavail).toBe(0);
    expect(await remove(directory, ledger)).toEqual({ from: 1, held: true, told: ['held by sink-siem'] });
    const late = eventList(Array.from({ length: EVENTS }, (_, at) => auditEvent(1_000_000 + at)));
    expect((await sender.send(late)).code).toBe(503);

    sink.judge = () => undefined;
    await achieves(
      'the sink to have all',
      async () => expect(new Set(sink.seqs).size).toBe(kept.length * EVENTS),
      40_000,
    );
    await achieves('its cursor to move', async () => expect((await remove(directory, ledger)).from).toBeGreaterThan(1));
    expect((await sender.send(late)).code).toBe(200);
    expect((await readdir(directory)).filter((name) => name.endsWith('.seal.json')).length).toBeGreaterThan(3);
    stop.abort();
    await running;
    sender.close();
    const verdict = await verifyLedger({ directory, pins: [], heads: [] }, { disk: nodeDisk, clock: systemClock });
    expect(verdict.findings.map(({ kind }) => kind).filter((kind) => kind !== 'NotSealed')).toEqual([]);
  },
);
