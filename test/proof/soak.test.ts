import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { auditEvent, eventList } from '../builders/audit-events.ts';
import { createSender, type ReceiverFiles } from '../harness/audit-receiver.ts';
import type { SoakSample } from '../harness/soak-child.ts';
import { testCertificates } from '../harness/test-certificates.ts';
import { AUDIT_NODE_FLAGS } from '../../tools/install/node-options.ts';
import { amount } from './size.ts';

/** F28, of the evidence. */
const SECONDS = amount('SALLYPORT_PROOF_SOAK_SECONDS', { short: 5, long: 1_800 });
const EVENTS_PER_SECOND = amount('SALLYPORT_PROOF_SOAK_RATE', { short: 300, long: 300 });
const BATCH = 30;
/** One batch in so many comes twice, as after an answer that was lost. */
const AGAIN = 10;
/** What is sent again later may stand there twice: the ledger of this test remembers less than the real one, which does for 300 s. */
const KNOWN_MS = 25_000;
/** Shorter ones say nothing of a slope. */
const JUDGED_SECONDS = 120;
/** Over the last two thirds. */
const RETAINED_GROWS = 1024 * 1024;
const RSS_GROWS = 16 * 1024 * 1024;
const CHILD = fileURLToPath(new URL('../harness/soak-child.ts', import.meta.url));
const MIB = 1024 * 1024;

const [TLS] = testCertificates('kube-apiserver');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soak-'));
  const files: ReceiverFiles = {
    host: '127.0.0.1',
    port: 0,
    certificate: TLS.cert,
    key: TLS.key,
    clientAuthority: TLS.ca,
    clientName: 'kube-apiserver',
  };
  await writeFile(join(folder, 'files.json'), JSON.stringify(files));
});
afterAll(() => rm(folder, { recursive: true }));

/** By least squares. @returns growth over all of them */
function growth(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [above, below] = [0, 0];
  values.forEach((value, at) => {
    above += (at - middle) * (value - mean);
    below += (at - middle) ** 2;
  });
  return (above / below) * (values.length - 1);
}

test(`through ${SECONDS} s of ${EVENTS_PER_SECOND} events a second nothing is lost, and nothing grows`, {
  timeout: SECONDS * 1_000 + 120_000,
}, async () => {
  const flags = ['--expose-gc', ...AUDIT_NODE_FLAGS];
  const child = spawn(process.execPath, [...flags, CHILD, folder, join(folder, 'files.json')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const samples: SoakSample[] = [];
  const port = await new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('port ')) resolve(Number(line.slice(5)));
      else samples.push(JSON.parse(line) as SoakSample);
    });
  });
  const sender = createSender({
    port,
    ca: TLS.ca,
    cert: TLS.clientCert,
    key: TLS.clientKey,
    from: '127.0.0.1',
    connections: 4,
  });

  let sent = 0;
  const began = performance.now();
  const underWay = new Set<Promise<void>>();
  const refused: number[] = [];
  let slow = 0;
  const send = async (body: string): Promise<void> => {
    const first = performance.now();
    for (;;) {
      const { code } = await sender.send(body);
      if (code === 200) {
        if (performance.now() - first > KNOWN_MS) slow += 1;
        return;
      }
      refused.push(code);
      await delay(1_000);
    }
  };
  for (let batch = 0; performance.now() - began < SECONDS * 1_000; batch += 1) {
    const wait = began + (batch * BATCH * 1_000) / EVENTS_PER_SECOND - performance.now();
    if (wait > 0) await delay(wait);
    const body = eventList(Array.from({ length: BATCH }, (_, at) => auditEvent(sent + at)));
    sent += BATCH;
    const one = send(body)
      .then(() => (batch % AGAIN === 0 ? send(body) : undefined))
      .finally(() => underWay.delete(one));
    underWay.add(one);
  }
  await Promise.all(underWay);
  sender.close();
  await expect.poll(() => samples.at(-1)?.behind, { timeout: 60_000 }).toBe(0);
  child.kill('SIGTERM');
  await ended;

  const late = samples.slice(Math.floor(samples.length / 3));
  const retained = growth(late.map((sample) => sample.retained));
  const rss = growth(late.map((sample) => sample.rss));
  const perHour = (bytes: number) => ((bytes / MIB / late.length) * 3_600).toFixed(2);
  const last = samples.at(-1);
  console.log(
    `${sent} events in ${SECONDS} s, ${refused.length} batches refused at first, ${slow} of them for long; RSS ${((last?.rss ?? 0) / MIB).toFixed(0)} MiB, ` +
      `by the last two thirds ${perHour(rss)} MiB/h, of what is in use ${perHour(retained)} MiB/h (${(retained / MIB).toFixed(2)} MiB); ` +
      `descriptors ${late[0]?.descriptors} to ${last?.descriptors}, resources ${late[0]?.resources} to ${last?.resources}`,
  );
  // The chain, which is whole, has a record for each event and for each segment, and no other: none was lost, none doubled.
  const verdict = await verifyLedger(
    { directory: join(folder, 'ledger'), pins: [], heads: [] },
    { disk: nodeDisk, clock: systemClock },
  );
  expect(verdict.findings).toEqual([]);
  const wanted = sent + verdict.sealed + 1;
  expect(verdict.last?.seq).toBeGreaterThanOrEqual(wanted);
  expect(verdict.last?.seq).toBeLessThanOrEqual(wanted + slow * BATCH);
  if (SECONDS >= JUDGED_SECONDS) expect(verdict.pruned.length).toBeGreaterThan(0);

  if (SECONDS < JUDGED_SECONDS) return;
  expect(retained).toBeLessThan(RETAINED_GROWS);
  // A process takes its memory in the first minutes, and later on a busy machine.
  if (SECONDS >= 600) expect(rss).toBeLessThan(RSS_GROWS);
  expect(Math.abs(growth(late.map(({ descriptors }) => descriptors)))).toBeLessThan(5);
  expect(Math.abs(growth(late.map(({ resources }) => resources)))).toBeLessThan(5);
});
