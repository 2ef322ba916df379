import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditEvent, eventList } from '../builders/audit-events.ts';
import { achieves } from '../harness/achieves.ts';
import { createSender, type RunningReceiver, type Sent, slowDisk, startReceiver } from '../harness/audit-receiver.ts';
import { readLedger, timesEach } from '../harness/ledger-files.ts';
import { testCertificates } from '../harness/test-certificates.ts';
import { amount } from '../proof/size.ts';

const MIB = 1024 * 1024;
/** What a network disk in trouble takes for fdatasync. */
const SYNC_MS = 200;
const EVENTS = 20;
const TEST_MS = amount('SALLYPORT_PROOF_OVERLOAD_SECONDS', { short: 10, long: 120 }) * 1_000;
/** An answer is promised within 0.8 s of its batch. */
const ANSWER_MS = 1_000;
/** Far more than five times what the disk takes: those that are turned away come again at once. */
const FLOOD = 60;
const AGAIN_MS = 100;

const [TLS] = testCertificates('kube-apiserver');

describe('F18: overload, on a disk that is slow', () => {
  let directory: string;
  let receiver: RunningReceiver;
  const closing: (() => void)[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'audit-overload-'));
    receiver = await startReceiver(
      directory,
      {
        host: '127.0.0.1',
        port: 0,
        certificate: TLS.cert,
        key: TLS.key,
        clientAuthority: TLS.ca,
        clientName: 'kube-apiserver',
      },
      // Eight batches at once are forty a second on this disk.
      { turns: { atOnce: 8, waiting: 20 }, inFlightBytes: 8 * MIB, bodyBytes: 4 * MIB },
      { disk: slowDisk(SYNC_MS) },
    );
  });

  afterEach(async () => {
    for (const close of closing.splice(0)) close();
    await receiver[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  function sender(from: string, connections: number) {
    const { port } = receiver;
    const created = createSender({ port, ca: TLS.ca, cert: TLS.clientCert, key: TLS.clientKey, from, connections });
    closing.push(created.close);
    return created;
  }

  /** A batch of events that no other has, with what is needed to send it again. */
  function batch(source: number, number: number) {
    const events = Array.from({ length: EVENTS }, (_, at) => auditEvent(source * 10_000_000 + number * EVENTS + at));
    return { ids: events.map(({ auditID }) => auditID), body: eventList(events) };
  }

  // A machine that is busy with other things may be too late itself.
  test('each answer comes within a second, a quiet API server is heard, memory is bounded, and nothing is lost', {
    retry: 3,
    timeout: TEST_MS * 2 + 60_000,
  }, async () => {
    const flood = sender('127.0.0.2', FLOOD);
    const quiet = sender('127.0.0.3', 2);
    const sent: { source: string; number: number; ids: readonly string[]; answer: Sent }[] = [];

    // A busy machine is late itself: by what, the loop that both ends run in tells.
    const delays = monitorEventLoopDelay();
    delays.enable();
    // Handshakes are not what is measured.
    await Promise.all(Array.from({ length: FLOOD }, () => flood.send('{}')));
    await quiet.send('{}');
    const before = process.memoryUsage().rss;
    let peak = before;
    const ends = Date.now() + TEST_MS;

    const flooding = Array.from({ length: FLOOD }, async (_, connection) => {
      for (let number = 0; Date.now() < ends; number += 1) {
        const { ids, body } = batch(1, connection * 1_000 + number);
        const answer = await flood.send(body);
        sent.push({ source: 'flood', number: connection * 1_000 + number, ids, answer });
        peak = Math.max(peak, process.memoryUsage().rss);
        if (answer.code !== 200) await delay(AGAIN_MS);
      }
    });
    const asking = (async () => {
      for (let number = 0; Date.now() < ends; number += 1) {
        const { ids, body } = batch(2, number);
        sent.push({ source: 'quiet', number, ids, answer: await quiet.send(body) });
        await delay(400);
      }
    })();
    await Promise.all([...flooding, asking]);

    const answers = sent.map(({ answer }) => answer);
    const times = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
    const quantile = (q: number): number => times[Math.floor(times.length * q)] ?? Number.NaN;
    expect(quantile(0.5)).toBeLessThan(ANSWER_MS + delays.max / 1e6);
    expect(quantile(0.95)).toBeLessThan(ANSWER_MS + (2 * delays.max) / 1e6);
    expect(answers.map(({ code }) => code).filter((code) => ![200, 429, 503].includes(code))).toEqual([]);
    for (const { code, retryAfter } of answers) expect(retryAfter).toBe(code === 200 ? undefined : '1');
    // Five times what the disk takes, or more.
    const kept = answers.filter(({ code }) => code === 200).length;
    expect(kept).toBeGreaterThan(5);
    expect(answers.length).toBeGreaterThan(5 * kept);

    const share = (of: string): number => {
      const codes = sent.filter(({ source }) => source === of).map(({ answer: { code } }) => code);
      expect(codes.length).toBeGreaterThan(5);
      return codes.filter((code) => code === 200).length / codes.length;
    };
    expect(share('quiet')).toBeGreaterThan(3 * share('flood'));
    // Of both ends, which are one process here; bench/audit has the receiver's own.
    expect((peak - before) / MIB).toBeLessThan(192);

    // It goes on by itself, and what was refused is sent again until it is kept, as an API server does.
    const again = sender('127.0.0.2', 2);
    const refused = sent.filter(({ source, answer: { code } }) => source === 'flood' && code !== 200).slice(0, 20);
    for (const { number } of refused) {
      const { body } = batch(1, number);
      await achieves('a batch that was refused to be kept', async () => {
        expect((await again.send(body)).code).toBe(200);
      });
    }
    const kepts = [...sent.filter(({ answer: { code } }) => code === 200), ...refused];
    const wanted = kepts.flatMap(({ ids }) => ids);
    const records = await readLedger(directory);
    const found = records.flatMap(({ kind, data }) =>
      kind === 'AuditEvent' ? [(data as { auditID: string }).auditID] : [],
    );
    expect(timesEach(wanted, found)).toEqual({ lost: 0, once: wanted.length, doubled: 0 });
    expect(new Set(found).size).toBe(found.length);
  });
});
