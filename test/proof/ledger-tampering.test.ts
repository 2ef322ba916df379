import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { readCheckpoint, readPublicKey } from '../../src/audit/ledger/signed-file.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { firstWrong } from '../builders/first-wrong.ts';
import { type Spoil, SPOILS } from '../builders/spoil-ledger.ts';
import { hastyClock } from '../harness/hasty-clock.ts';
import { ensurePython } from '../harness/python.ts';
import { type PythonVerifier, startPythonVerifier } from '../harness/python-verifier.ts';
import { type TwoLedgers, twoLedgers } from '../harness/two-ledgers.ts';
import { drawsOf } from './seeded.ts';
import { amount } from './size.ts';

/** Each way once at least, in the short form too. */
const CASES = amount('SALLYPORT_PROOF_TAMPERING', { short: 40, long: 2_000 });
const SEED = amount('SALLYPORT_PROOF_SEED', { short: 6, long: 6 });
const FIRST = fileURLToPath(new URL('../../src/bin/sallyport.ts', import.meta.url));
/** Of so many one is shown to the command too, which takes a second to start. */
const BY_COMMAND = 17;

let ledgers: TwoLedgers;
/** Most of a case is waiting for processes. */
const AT_ONCE = 4;
let pythons: readonly PythonVerifier[] = [];
let keyFile = '';
let headFile = '';
beforeAll(async () => {
  const program = await ensurePython();
  pythons = Array.from({ length: AT_ONCE }, () => startPythonVerifier(program));
  ledgers = await twoLedgers();
  headFile = join(ledgers.one, 'head.json');
  keyFile = join(ledgers.other, '..', 'key.pem');
  await writeFile(keyFile, ledgers.publicPem);
}, 600_000);
afterAll(async () => {
  for (const python of pythons) await python[Symbol.asyncDispose]();
  await ledgers[Symbol.asyncDispose]();
});

const clock = hastyClock(1000);

/** What a verifier found: the number of the first wrong record, `undefined` where it is none of a record. */
interface Verdict {
  readonly whole: boolean;
  readonly first: number | undefined;
  readonly said: string;
}

async function ours(directory: string, needs: Spoil['needs']): Promise<Verdict> {
  const pin = readPublicKey(await readFile(keyFile, 'utf8'));
  const checkpoint = readCheckpoint(await readFile(headFile, 'utf8'));
  if (pin === undefined || checkpoint === undefined) throw new Error('the ledger has no key, or no checkpoint');
  const pins = needs === 'key' ? [pin] : [];
  const heads = needs === 'checkpoint' ? [{ file: 'kept.json', checkpoint }] : [];
  const { whole, findings } = await verifyLedger({ directory, pins, heads }, { disk: nodeDisk, clock });
  return { whole, first: findings[0]?.seq, said: findings[0]?.kind ?? (whole ? 'whole' : 'no finding') };
}

/** The same by the command. */
async function byCommand(directory: string, needs: Spoil['needs']): Promise<Verdict> {
  const options = needs === 'key' ? ['--key', keyFile] : needs === 'checkpoint' ? ['--head', headFile] : [];
  const { code, output } = await run(process.execPath, [FIRST, 'audit', 'verify', directory, ...options, '-o', 'json']);
  const { whole, findings } = JSON.parse(output) as Awaited<ReturnType<typeof verifyLedger>>;
  if (code !== (whole ? 0 : 1)) throw new Error(`exit code ${code} of ${output}`);
  return { whole, first: findings[0]?.seq, said: findings[0]?.kind ?? (whole ? 'whole' : 'no finding') };
}

/** The one in Python. */
async function theirs(directory: string, needs: Spoil['needs'], python = pythons[0]): Promise<Verdict> {
  const kept = needs === 'key' ? [keyFile] : needs === 'checkpoint' ? [headFile] : [];
  const { code = 2, output = '' } = (await python?.run([directory, ...kept])) ?? {};
  if (code === 0 && output.startsWith('WHOLE: ')) return { whole: true, first: undefined, said: output.trim() };
  const place = /^NOT WHOLE(?: at record (\d+))?: /.exec(output);
  if (code !== 1 || place === null) throw new Error(`it crashed: ${output}`);
  return { whole: false, first: place[1] === undefined ? undefined : Number(place[1]), said: output.trim() };
}

function run(program: string, args: readonly string[]): Promise<{ code: number | string; output: string }> {
  return new Promise((resolve) => {
    execFile(program, args, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? 'killed'), output: stdout === '' ? stderr : stdout }),
    );
  });
}

test('both verifiers say of a ledger that is whole that it is, and of its older copy too', async () => {
  for (const [directory, needs] of [
    [ledgers.one, undefined],
    [ledgers.one, 'key'],
    [ledgers.one, 'checkpoint'],
    [ledgers.retained, 'key'],
    [ledgers.retained, 'checkpoint'],
    // Nothing in it says that there was more: whoever kept a later checkpoint knows.
    [ledgers.older, 'key'],
    [ledgers.forked, 'key'],
  ] as const)
    for (const verify of [ours, theirs]) expect((await verify(directory, needs)).whole).toBe(true);
  expect((await byCommand(ledgers.one, 'checkpoint')).whole).toBe(true);
}, 60_000);

test(`both verifiers find each of ${CASES} ways to tamper with a ledger, and name the first wrong record`, {
  timeout: 3_600_000,
}, async () => {
  const ways = Object.entries(SPOILS);
  const wrong: string[] = [];
  const kinds = new Map<string, number>();
  let [next, commands] = [0, 0];

  /** Again and again where what was drawn changes nothing. */
  const tryOne = async (number: number, python: PythonVerifier): Promise<void> => {
    const [name, spoil] = ways[number % ways.length] ?? [];
    if (name === undefined || spoil === undefined) return;
    const draws = drawsOf(SEED * 1_000_003 + number);
    const isSpoiled = () =>
      ledgers.copy(async (directory) => {
        const did = await spoil.change(directory, ledgers, () => draws.next());
        if (did === undefined) return false;
        const first = await firstWrong(ledgers.one, directory);
        const verdicts = [await ours(directory, spoil.needs), await theirs(directory, spoil.needs, python)];
        if (number % BY_COMMAND === 0) {
          commands += 1;
          verdicts.push(await byCommand(directory, spoil.needs));
        }
        kinds.set(verdicts[0]?.said ?? '', (kinds.get(verdicts[0]?.said ?? '') ?? 0) + 1);
        if (!verdicts.every((verdict) => isRight(verdict, spoil, first)) || new Set(verdicts.map(placeOf)).size !== 1)
          wrong.push(
            `${number}, ${name} (${did}), first wrong ${first}: ${verdicts.map((each) => JSON.stringify(each)).join(', ')}`,
          );
        return true;
      });
    while (!(await isSpoiled()));
  };
  await Promise.all(
    pythons.map(async (python) => {
      while (next < CASES) {
        next += 1;
        await tryOne(next - 1, python);
      }
    }),
  );
  const cases = [...kinds.values()].reduce((sum, times) => sum + times, 0);
  console.log(`${cases} cases, ${commands} by the command too: ${[...kinds].map((each) => each.join(' ')).join(', ')}`);
  expect(wrong).toEqual([]);
  expect(cases).toBe(CASES);
});

function isRight({ whole, first: named }: Verdict, { names = 'First' }: Spoil, first: number | undefined): boolean {
  if (whole) return false;
  switch (names) {
    case 'First':
      return named === first;
    case 'Next':
      return first !== undefined && (named === first || named === first + 1);
    case 'Later':
      return named !== undefined && first !== undefined && named >= first;
    case 'Beside':
      return named === undefined;
  }
}

function placeOf({ first }: Verdict): string {
  return String(first);
}
