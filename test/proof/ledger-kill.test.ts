import { spawn } from 'node:child_process';
import { appendFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { auditEvent, eventList } from '../builders/audit-events.ts';
import { useSubmission } from '../builders/ledger.ts';
import { createSender, openTestLedger, type ReceiverFiles, startReceiver } from '../harness/audit-receiver.ts';
import { readLedger } from '../harness/ledger-files.ts';
import { ensurePython } from '../harness/python.ts';
import { type PythonVerifier, startPythonVerifier } from '../harness/python-verifier.ts';
import { testCertificates } from '../harness/test-certificates.ts';
import { amount } from './size.ts';

/** F17: the points are spread over all that there are; see `receiver-child.ts`. */
const POINTS = amount('SALLYPORT_PROOF_KILLS', { short: 20, long: 200 });
const CHILD = fileURLToPath(new URL('../harness/receiver-child.ts', import.meta.url));
/** One event is longer: each commit goes on in a segment of its own. */
const SIZES = { segmentBytes: 700 };

const [TLS] = testCertificates('kube-apiserver');
const FILES: ReceiverFiles = {
  host: '127.0.0.1',
  port: 0,
  certificate: TLS.cert,
  key: TLS.key,
  clientAuthority: TLS.ca,
  clientName: 'kube-apiserver',
};

/** What an API server sends, two batches at a time: what comes while the first is written goes with it, or behind it. */
const ROUNDS = [0, 1, 2].map((round) => [[round * 3], [round * 3 + 1, round * 3 + 2]] as const);
const NUMBERS = ROUNDS.flat(2);
const OLD = ['old-0', 'old-1', 'old-2', 'old-3'];

let folder = '';
let template = '';
let filesFile = '';
let python: PythonVerifier;

/** A ledger that was left in a bad moment: a closed segment without its seal, and a torn end. */
beforeAll(async () => {
  python = startPythonVerifier(await ensurePython());
  folder = await mkdtemp(join(tmpdir(), 'ledger-kill-'));
  template = join(folder, 'template');
  filesFile = join(folder, 'files.json');
  await writeFile(filesFile, JSON.stringify(FILES));
  {
    await using ledger = await openTestLedger(template, nodeDisk, SIZES);
    for (const id of OLD) await ledger.append([useSubmission(id)]);
  }
  const names = (await readdir(template)).toSorted();
  await rm(join(template, names.findLast((name) => name.endsWith('.seal.json')) ?? ''));
  await appendFile(join(template, names.findLast((name) => name.endsWith('.ndjson')) ?? ''), '{"seq":');
}, 600_000);
afterAll(async () => {
  await python[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const auditIdOf = (number: number) => auditEvent(number).auditID;
const senderTo = (port: number) =>
  createSender({ port, ca: TLS.ca, cert: TLS.clientCert, key: TLS.clientKey, from: '127.0.0.1', connections: 2 });
type Sender = ReturnType<typeof senderTo>;

/** @returns whether it was answered 200 */
async function isKept(sender: Sender, numbers: readonly number[]): Promise<boolean> {
  const { code } = await sender.send(eventList(numbers.map((number) => auditEvent(number))));
  return code === 200;
}

interface Life {
  /** Of these events the sender was told 200. */
  readonly acknowledged: readonly number[];
  /** Undefined where it was killed. */
  readonly points: number | undefined;
}

/** From the start of a receiver to its death, or to its end when it was sent everything. */
async function live(directory: string, dieAt: number): Promise<Life> {
  const child = spawn(process.execPath, [CHILD, directory, filesFile, String(dieAt), String(SIZES.segmentBytes)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = new Map<string, number>();
  let problems = '';
  child.stderr.on('data', (chunk: Buffer) => (problems += chunk.toString()));
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      signal === 'SIGKILL' || code === 0 ? resolve() : reject(new Error(`code ${code}: ${problems}`)),
    );
  });
  const started = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word = '', value] = line.split(' ');
      said.set(word, Number(value));
      if (word === 'port') resolve();
    });
  });
  await Promise.race([started, ended]);
  const acknowledged: number[] = [];
  const port = said.get('port');
  if (port !== undefined) {
    const sender = senderTo(port);
    try {
      for (const round of ROUNDS)
        await Promise.all(
          round.map(async (numbers) => {
            if (await isKept(sender, numbers)) acknowledged.push(...numbers);
          }),
        );
    } catch {
      // It is dead: whoever sends knows of no answer.
    }
    sender.close();
    child.kill('SIGTERM');
  }
  await ended;
  return { acknowledged, points: said.get('points') };
}

async function inCopy<Result>(use: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = join(folder, 'copy');
  await cp(template, directory, { recursive: true });
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** @returns what is wrong with what a life left, and after another one in which all is sent again */
async function comeBack(directory: string, acknowledged: readonly number[]): Promise<string[]> {
  const wrong: string[] = [];
  // Before anything is sent again, which would hide a loss.
  const left = new Set((await readLedger(directory)).map(auditId));
  for (const number of acknowledged) if (!left.has(auditIdOf(number))) wrong.push(`event ${number} is lost`);
  {
    await using receiver = await startReceiver(directory, FILES, {}, { sizes: SIZES });
    const sender = senderTo(receiver.port);
    for (const numbers of [...ROUNDS.flat(), NUMBERS])
      if (!(await isKept(sender, numbers))) wrong.push(`${numbers.join(' ')} is not kept`);
    sender.close();
  }
  const records = await readLedger(directory);
  const ids = [...records.map(auditId), ...records.map(({ id }) => id)];
  for (const id of [...OLD.map((each) => `use/${each}`), ...NUMBERS.map(auditIdOf)]) {
    const times = ids.filter((each) => each === id).length;
    if (times !== 1) wrong.push(`${id} stands ${times} times`);
  }
  const { findings } = await verifyLedger({ directory, pins: [], heads: [] }, { disk: nodeDisk, clock: systemClock });
  const second = await python.run([directory]);
  if (second.code !== 0) wrong.push(second.output);
  return [...wrong, ...findings.map(({ kind, message }) => `${kind}: ${message}`)];
}

function auditId(record: Awaited<ReturnType<typeof readLedger>>[number]): string {
  return record.kind === 'AuditEvent' ? record.data.auditID : '';
}

test(`[F17] killed at ${POINTS} points, it loses nothing that was answered with 200, and doubles nothing`, {
  timeout: 3_600_000,
}, async () => {
  const points = await inCopy(async (directory) => {
    const life = await live(directory, 0);
    expect(new Set(life.acknowledged)).toEqual(new Set(NUMBERS));
    expect(await comeBack(directory, life.acknowledged)).toEqual([]);
    return life.points ?? 0;
  });
  const wrong: string[] = [];
  const died: number[] = [];
  for (let count = 0; count < POINTS; count += 1) {
    const dieAt = 1 + Math.floor((count * points) / POINTS);
    await inCopy(async (directory) => {
      const { acknowledged, points: lived } = await live(directory, dieAt);
      if (lived === undefined) died.push(acknowledged.length);
      wrong.push(...(await comeBack(directory, acknowledged)).map((what) => `killed at ${dieAt}: ${what}`));
    });
  }
  console.log(`${points} points; killed ${died.length} times, with ${died.join(' ')} events acknowledged`);
  expect(wrong).toEqual([]);
  // Seals are made beside the rest: the last points are not reached each time.
  expect(died.length).toBeGreaterThan(POINTS * 0.9);
});
