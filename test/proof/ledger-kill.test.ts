import { spawn } from 'node:child_process';
import { appendFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { openLedger } from '../../src/audit/ledger/open-ledger.ts';
import { createSigningKey } from '../../src/audit/ledger/signing-key.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { ledgerDeps, ledgerOptions, newKeyPem, useSubmission } from '../builders/ledger.ts';
import { amount } from './size.ts';

/** F17: the points are spread over all that there are, before, within and after each call that changes the disk. */
const POINTS = amount('SALLYPORT_PROOF_KILLS', { short: 20, long: 200 });
const CHILD = fileURLToPath(new URL('../harness/ledger-child.ts', import.meta.url));
const IDS = Array.from({ length: 9 }, (_, index) => `new-${index}`);

let folder = '';
let template = '';
let keyFile = '';
const pem = newKeyPem();

/** A ledger that was left in a bad moment: a closed segment without its seal, and a torn end. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-kill-'));
  template = join(folder, 'template');
  keyFile = join(folder, 'key.pem');
  await writeFile(keyFile, pem);
  {
    await using ledger = await open(template);
    for (const id of ['old-0', 'old-1', 'old-2', 'old-3']) await ledger.append([useSubmission(id)]);
  }
  const names = (await readdir(template)).toSorted();
  await rm(join(template, names.findLast((name) => name.endsWith('.seal.json')) ?? ''));
  await appendFile(join(template, names.findLast((name) => name.endsWith('.ndjson')) ?? ''), '{"seq":');
});
afterAll(() => rm(folder, { recursive: true }));

function open(directory: string) {
  const options = ledgerOptions(directory, { segmentBytes: 700 });
  return openLedger(options, ledgerDeps(systemClock, { key: createSigningKey(pem) }));
}

interface Life {
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Undefined where it was killed. */
  readonly points: number | undefined;
}

function live(directory: string, dieAt: number): Promise<Life> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, directory, keyFile, String(dieAt), ...IDS], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, problems] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (problems += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL' && code !== 0) reject(new Error(problems));
      const said = new Map(output.split('\n').map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
      const points = said.get('points');
      resolve({ acknowledged: new Map([...said].filter(([id]) => id.startsWith('new-'))), points });
    });
  });
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

/** What a sender does after the process is back: all again, since it knows of no answer. */
async function comeBack(directory: string, acknowledged: ReadonlyMap<string, number>): Promise<string[]> {
  const wrong: string[] = [];
  {
    await using ledger = await open(directory);
    const positions = await ledger.append(IDS.map((id) => useSubmission(id)));
    const again = await ledger.append(IDS.map((id) => useSubmission(id)));
    const records = await ledger.read(0, { records: 1000, bytes: 1e9 });
    const all: string[] = [];
    for (let seq = 0; seq < (ledger.head()?.seq ?? 0); ) {
      const some = await ledger.read(seq, { records: 1000, bytes: 1e9 });
      all.push(...some.map(({ record }) => record.id));
      seq = some.at(-1)?.seq ?? Infinity;
    }
    if (records.length === 0) wrong.push('nothing is there');
    IDS.forEach((id, index) => {
      const seq = acknowledged.get(id);
      if (seq !== undefined && positions[index]?.seq !== seq)
        wrong.push(`${id} was ${seq}, is ${positions[index]?.seq}`);
      if (positions[index]?.seq !== again[index]?.seq) wrong.push(`${id} stands twice`);
    });
    for (const id of ['old-0', 'old-1', 'old-2', 'old-3', ...IDS]) {
      const times = all.filter((each) => each === `use/${id}`).length;
      if (times !== 1) wrong.push(`${id} stands ${times} times`);
    }
  }
  const { findings } = await verifyLedger({ directory, pins: [], heads: [] }, { disk: nodeDisk, clock: systemClock });
  return [...wrong, ...findings.map(({ kind, message }) => `${kind}: ${message}`)];
}

test(`[F17] killed at ${POINTS} points, it loses nothing that was acknowledged and doubles nothing`, {
  timeout: 3_600_000,
}, async () => {
  const points = await inCopy(async (directory) => {
    const life = await live(directory, 0);
    expect(life.acknowledged.size).toBe(IDS.length);
    expect(await comeBack(directory, life.acknowledged)).toEqual([]);
    return life.points ?? 0;
  });
  const wrong: string[] = [];
  const died: number[] = [];
  for (let count = 0; count < POINTS; count += 1) {
    const dieAt = 1 + Math.floor((count * points) / POINTS);
    await inCopy(async (directory) => {
      const { acknowledged, points: lived } = await live(directory, dieAt);
      if (lived === undefined) died.push(acknowledged.size);
      wrong.push(...(await comeBack(directory, acknowledged)).map((what) => `killed at ${dieAt}: ${what}`));
    });
  }
  console.log(`${points} points; killed ${died.length} times, with ${died.join(' ')} acknowledged`);
  expect(wrong).toEqual([]);
  // Seals are made beside the rest: the last points are not reached each time.
  expect(died.length).toBeGreaterThan(POINTS * 0.9);
});
