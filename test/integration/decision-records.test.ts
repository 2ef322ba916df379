import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EvidenceRecord } from '../../src/core/evidence/evidence-record.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { createIntakeClient } from '../../src/platform/recorder/intake-client.ts';
import { openSpool } from '../../src/platform/recorder/open-spool.ts';
import { createQueuedRecorder } from '../../src/platform/recorder/queued-recorder.ts';
import { SHIP_LIMITS } from '../../src/platform/recorder/ship.ts';
import { spoolSink } from '../../src/platform/recorder/spool-sink.ts';
import { achieves } from '../harness/achieves.ts';
import { decisionRecord } from '../builders/decision-record.ts';
import { codeOf, exec, World } from '../builders/enforcement-world.ts';
import { freePort } from '../harness/free-ports.ts';
import { testCertificates } from '../harness/test-certificates.ts';
import { verifies } from '../harness/verifies.ts';

/** A process starts in a second, and in many where others take the machine. */
const PATIENCE_MS = 60_000;

/** Two processes with a wire between them: the spool of a webhook, and the intake and ledger of the audit role. */
let folder = '';
let port = 0;
const children: ChildProcess[] = [];
const kept = new Set<string>();
const refused: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decision-records-'));
  port = await freePort();
  kept.clear();
  refused.length = 0;
  const [ours, stranger] = testCertificates('sallyport-webhook', 'somebody-else');
  const ledgerKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const files = {
    'ca.crt': ours.ca,
    'server.crt': ours.cert,
    'server.key': ours.key,
    'client.crt': ours.clientCert,
    'client.key': ours.clientKey,
    'stranger.crt': stranger.clientCert,
    'stranger.key': stranger.clientKey,
    'ledger-key.pem': ledgerKey,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text ?? '', { mode: 0o600 });
});

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  await rm(folder, { recursive: true });
});

function start(program: 'audit-side' | 'webhook-side', ...more: string[]): ChildProcess {
  const path = join(import.meta.dirname, `../harness/evidence/${program}.ts`);
  const child = spawn(process.execPath, [path, folder, String(port), ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  if (child.stdout !== null)
    createInterface(child.stdout).on('line', (line) => {
      const [word, id = ''] = line.split(' ');
      if (word === 'kept') kept.add(id);
      if (word === 'refused') refused.push(line);
    });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}

async function ledgerIds(): Promise<readonly string[]> {
  const directory = join(folder, 'ledger');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.ndjson')).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as EvidenceRecord)
    .flatMap((record) => (record.kind === 'Decision' ? [record.data.id] : []));
}

/** What was said to be kept stands in the ledger, all of it once. */
async function expectAllKeptOnce(): Promise<void> {
  await achieves(
    'everything that was kept to stand in the ledger',
    async () => {
      const ids = new Set(await ledgerIds());
      const missing = [...kept].filter((id) => !ids.has(id));
      if (missing.length > 0) throw new Error(`${missing.length} of ${kept.size} are missing, such as ${missing[0]}`);
    },
    PATIENCE_MS,
  );
  const ids = await ledgerIds();
  expect(ids.length - new Set(ids).size).toBe(0);
}

test('through eight kills of the webhook and four of the audit role nothing is lost, and nothing is there twice', async () => {
  let audit = start('audit-side');
  let before = 0;
  for (let round = 0; round < 8; round += 1) {
    const webhook = start('webhook-side', `round${round}`);
    await achieves(
      `records of round ${round}`,
      async () => {
        if (kept.size < before + 20) throw new Error(`${kept.size - before} so far`);
      },
      PATIENCE_MS,
    );
    await delay((round * 37) % 150);
    if (round % 2 === 0) {
      await kill(audit);
      await delay((round * 23) % 90);
    }
    await kill(webhook);
    if (round % 2 === 0) audit = start('audit-side');
    before = kept.size;
  }
  start('webhook-side', 'the-last', '20');
  await expectAllKeptOnce();
  expect(refused).toEqual([]);
}, 600_000);

test('while the intake is away the spool keeps what comes, over a kill and a torn tail, and it arrives afterwards', async () => {
  const first = start('webhook-side', 'away-one');
  await achieves(
    'records',
    async () => {
      if (kept.size < 100) throw new Error(`${kept.size}`);
    },
    PATIENCE_MS,
  );
  await kill(first);
  const second = start('webhook-side', 'away-two');
  await achieves(
    'more records',
    async () => {
      if (kept.size < 200) throw new Error(`${kept.size}`);
    },
    PATIENCE_MS,
  );
  await kill(second);
  const spool = join(folder, 'spool');
  const names = (await readdir(spool)).filter((name) => name.endsWith('.spool')).toSorted();
  expect(names).toHaveLength(2);
  // The last line of the file loses its end, as where the machine lost power within a write: it may have been promised.
  const last = join(spool, names.at(-1) ?? '');
  const text = await readFile(last, 'utf8');
  const tail = text.slice(text.trimEnd().lastIndexOf('\n') + 1);
  await truncate(last, Buffer.byteLength(text) - 20);
  for (const [, id = ''] of tail.matchAll(/"id":"([^"]+)"/g)) kept.delete(id);
  start('audit-side');
  start('webhook-side', 'back-again', '20');
  await expectAllKeptOnce();
}, 300_000);

test('the intake takes decisions of the named clients, says which it will never take, and answers nobody else', async () => {
  start('audit-side');
  const client = (name: string) =>
    createIntakeClient(
      {
        url: `https://127.0.0.1:${port}`,
        certificateFile: join(folder, `${name}.crt`),
        keyFile: join(folder, `${name}.key`),
        caFile: join(folder, 'ca.crt'),
        timeoutMs: 5_000,
      },
      systemClock,
    );
  const { signal } = new AbortController();
  using ours = client('client');
  const good = decisionRecord();
  const hostile: readonly [string, unknown][] = [
    ['a use', { kind: 'Use', id: 'use/1', data: {} }],
    ['no time', { ...good, id: 'decision-2', at: 'yesterday' }],
    ['an id that is a path', { ...good, id: '../../../etc' }],
    ['a name without end', { ...good, id: 'decision-3', name: 'x'.repeat(2_000) }],
    ['a verdict of its own', { ...good, id: 'decision-4', verdict: 'Maybe' }],
  ];
  // What the spool took is not lost on its way: of a newer webhook, under many policies, by a clock that was set back.
  const policies = Array.from({ length: 300 }, (_, index) => `policy-${index}`);
  const odd = { ...good, id: 'decision-1', point: 'gateway', later: 'field', policies, observed: policies };
  const lines = ['not JSON', '', 'null', '[]', ...hostile.map(([, value]) => JSON.stringify(value))];
  const sent = [JSON.stringify(good), ...lines, JSON.stringify(odd)];
  const answer = await achieves('an answer', () => ours.send(sent, signal), PATIENCE_MS);
  expect(answer.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(lines.map((_, index) => index + 1));
  expect(JSON.stringify(answer)).not.toContain('xxxx');
  expect(await ledgerIds()).toEqual([good.id, odd.id]);
  // Told again, it stands there once.
  expect(await ours.send([JSON.stringify(good)], signal)).toEqual([]);
  expect(await ledgerIds()).toHaveLength(2);
  await expect(ours.send(['x'.repeat(2_000_000)], signal)).rejects.toMatchObject({ name: 'IntakeError' });
  await expect(
    ours.send(
      Array.from({ length: 1_500 }, () => '{}'),
      signal,
    ),
  ).rejects.toMatchObject({ code: 'Refused' });
  using stranger = client('stranger');
  await expect(stranger.send([JSON.stringify({ ...good, id: 'of-a-stranger' })], signal)).rejects.toMatchObject({
    message: 'the intake answered 404',
  });
  expect(await ledgerIds()).toHaveLength(2);
}, 120_000);

test(`${verifies('R2')}a spool that nobody empties fills up: nothing gated goes through, no approval is spent, and it goes on when it is emptied`, async () => {
  const directory = join(folder, 'small');
  const spool = await openSpool({ directory, maxBytes: 256 * 1024, clock: systemClock });
  const nothing = () => undefined;
  const recorder = createQueuedRecorder(
    spoolSink(() => spool, 32 * 1024),
    {
      clock: systemClock,
      random: Math.random,
      events: { waiting: nothing, failed: nothing, recovered: nothing, lost: nothing },
    },
  );
  const world = Object.assign(new World(), { recorder });
  world.approve();
  const attempt = () => world.enforce(exec());
  const detail = 'x'.repeat(8_000);
  for (let n = 0; recorder.hasRoom(); n += 1) await recorder.record(decisionRecord({ id: `filler-${n}`, detail }));
  for (let n = 0; n < 3; n += 1) expect(codeOf(await attempt())).toBe('Denied Unrecorded');
  expect(world.statuses()).toMatchObject([{ state: 'Approved' }]);
  for (let batch = await spool.next(SHIP_LIMITS); batch !== undefined; batch = await spool.next(SHIP_LIMITS))
    await spool.acknowledge(batch);
  expect(codeOf(await attempt())).toBe('Allowed Approved');
  const left = await spool.next(SHIP_LIMITS);
  expect(left?.records.some((record) => record.includes('"code":"Approved"'))).toBe(true);
  await recorder.close();
  await spool.close();
});
