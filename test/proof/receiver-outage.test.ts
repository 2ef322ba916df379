import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { auditEvent, eventList } from '../builders/audit-events.ts';
import { createSender, type ReceiverFiles, startReceiver } from '../harness/audit-receiver.ts';
import { freePort } from '../harness/free-ports.ts';
import { testCertificates } from '../harness/test-certificates.ts';
import { amount } from './size.ts';

/**
 * F16 at the most that an API server sends by default: ten batches of 400 events a second. What sends is a stand-in, which
 * does as its audit webhook backend does (k8s.io/apiserver/plugin/pkg/audit/webhook, client-go rest.Request) with a buffer
 * that has room for all; `test/integration/audit-modes.test.ts` has a real one, and fewer events.
 */
const SECONDS = amount('SALLYPORT_PROOF_OUTAGE_SECONDS', { short: 3, long: 60 });
const RATE = amount('SALLYPORT_PROOF_OUTAGE_RATE', { short: 400, long: 4_000 });
const BATCHES_PER_SECOND = 10;
const BATCH = Math.max(1, Math.round(RATE / BATCHES_PER_SECOND));
/** Before the outage and after it. */
const AROUND_SECONDS = Math.max(1, SECONDS / 6);
/** `--audit-webhook-initial-backoff`, as long against the outage as 10 s are against a minute. */
const BACKOFF_MS = (SECONDS * 1_000) / 6;
const FACTOR = 1.5;
const ATTEMPTS = 5;
/** Of client-go, where the answer has a Retry-After, before that counts as one attempt. */
const RETRIES = 10;

const [TLS] = testCertificates('kube-apiserver');
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'receiver-outage-'));
});
afterAll(() => rm(directory, { recursive: true }));

test(`[F16] the receiver away for ${SECONDS} s at ${RATE} events a second: 0 lost, 0 doubled`, {
  timeout: SECONDS * 10_000 + 240_000,
}, async () => {
  const port = await freePort();
  const files: ReceiverFiles = {
    host: '127.0.0.1',
    port,
    certificate: TLS.cert,
    key: TLS.key,
    clientAuthority: TLS.ca,
    clientName: 'kube-apiserver',
  };
  const sender = createSender({
    port,
    ca: TLS.ca,
    cert: TLS.clientCert,
    key: TLS.clientKey,
    from: '127.0.0.1',
    connections: 32,
  });
  const answers = new Map<string, number>();
  const dropped: number[] = [];

  const attempt = async (body: string): Promise<boolean> => {
    for (let retry = 0; retry <= RETRIES; retry += 1) {
      const answer = await sender.send(body).catch(() => undefined);
      const told = answer === undefined ? 'none' : String(answer.code);
      answers.set(told, (answers.get(told) ?? 0) + 1);
      if (answer?.code === 200) return true;
      if (answer?.retryAfter === undefined) return false;
      await delay(Number(answer.retryAfter) * 1_000);
    }
    return false;
  };
  const deliver = async (batch: number): Promise<void> => {
    // Made anew at each attempt: a minute of them would be 300 MiB here.
    const body = () => eventList(Array.from({ length: BATCH }, (_, at) => auditEvent(batch * BATCH + at)));
    for (let tried = 0; tried < ATTEMPTS; tried += 1) {
      if (tried > 0) await delay(BACKOFF_MS * FACTOR ** (tried - 1) * (1 + 0.2 * Math.random()));
      if (await attempt(body())) return;
    }
    dropped.push(batch);
  };

  let receiver = await startReceiver(directory, files);
  const began = performance.now();
  const due = (seconds: number) => delay(Math.max(0, began + seconds * 1_000 - performance.now()));
  const outage = (async () => {
    await due(AROUND_SECONDS);
    await receiver[Symbol.asyncDispose]();
    await due(AROUND_SECONDS + SECONDS);
    receiver = await startReceiver(directory, files);
  })();
  const batches = Math.ceil((2 * AROUND_SECONDS + SECONDS) * BATCHES_PER_SECOND);
  const delivering: Promise<void>[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    await due(batch / BATCHES_PER_SECOND);
    delivering.push(deliver(batch));
  }
  await outage;
  await Promise.all(delivering);
  const caughtUp = (performance.now() - began) / 1_000;
  sender.close();

  const times = new Uint8Array(batches * BATCH);
  const { ledger } = receiver;
  for (let seq = 0; seq < (ledger.head()?.seq ?? 0); ) {
    const some = await ledger.read(seq, { records: 1_000, bytes: 4 * 1024 * 1024 });
    for (const { record } of some) {
      if (record.kind !== 'AuditEvent') continue;
      const number = Number.parseInt(record.data.auditID.slice(-12), 16);
      times[number] = (times[number] ?? 0) + 1;
    }
    seq = some.at(-1)?.seq ?? Infinity;
  }
  await receiver[Symbol.asyncDispose]();
  const said = [...answers].map(([code, count]) => `${code}: ${count}`).join(', ');
  console.log(
    `${batches} batches of ${BATCH} events, all there after ${caughtUp.toFixed(1)} s; answers to attempts ${said}`,
  );
  expect(dropped).toEqual([]);
  expect({
    lost: times.filter((count) => count === 0).length,
    doubled: times.filter((count) => count > 1).length,
  }).toEqual({
    lost: 0,
    doubled: 0,
  });
  // There was an outage.
  expect(answers.get('none') ?? 0).toBeGreaterThan(SECONDS);
  const { findings } = await verifyLedger({ directory, pins: [], heads: [] }, { disk: nodeDisk, clock: systemClock });
  expect(findings).toEqual([]);
});
