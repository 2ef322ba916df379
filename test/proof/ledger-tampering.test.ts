import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { SPOILS } from '../builders/spoil-ledger.ts';
import { hastyClock } from '../harness/hasty-clock.ts';
import { ensurePython } from '../harness/python.ts';
import { type TwoLedgers, twoLedgers } from '../harness/two-ledgers.ts';
import { drawsOf } from './seeded.ts';
import { amount } from './size.ts';

const CASES = amount('SALLYPORT_PROOF_TAMPERING', { short: 34, long: 2_000 });
const SEED = amount('SALLYPORT_PROOF_SEED', { short: 6, long: 6 });
const SECOND = fileURLToPath(new URL('../integration/ledger-verify.py', import.meta.url));

let ledgers: TwoLedgers;
let python = '';
beforeAll(async () => {
  python = await ensurePython();
  ledgers = await twoLedgers();
}, 600_000);
afterAll(() => ledgers[Symbol.asyncDispose]());

const clock = hastyClock(1000);

async function ours(directory: string): Promise<string> {
  const { whole, findings } = await verifyLedger({ directory, pins: [], heads: [] }, { disk: nodeDisk, clock });
  return whole ? 'WHOLE' : `NOT WHOLE: ${findings[0]?.kind ?? 'without a finding'}`;
}

/** What the verifier in Python prints. */
function theirs(directory: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [SECOND, directory], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve(code === 0 ? output : output.startsWith('NOT WHOLE') ? output : `crashed: ${output}`),
    );
  });
}

test('both verifiers say of a ledger that is whole that it is', async () => {
  await ledgers.copy(async (directory) => {
    expect(await ours(directory)).toBe('WHOLE');
    expect(await theirs(directory)).toMatch(/^WHOLE: /);
  });
});

test(`both verifiers find each of ${CASES} ways to tamper with a ledger`, { timeout: 3_600_000 }, async () => {
  const draws = drawsOf(SEED);
  const ways = Object.entries(SPOILS);
  const missed: string[] = [];
  const kinds = new Map<string, number>();
  let tried = 0;
  while (tried < CASES) {
    const [name, spoil] = ways[tried % ways.length] ?? ['', undefined];
    const outcome = await ledgers.copy(async (directory) => {
      const did = await spoil?.(directory, ledgers.other, () => draws.next());
      return did === undefined ? undefined : { did, first: await ours(directory), second: await theirs(directory) };
    });
    if (outcome === undefined) continue;
    tried += 1;
    const { did, first, second } = outcome;
    kinds.set(first, (kinds.get(first) ?? 0) + 1);
    if (!first.startsWith('NOT WHOLE: ') || first.endsWith('finding') || !second.startsWith('NOT WHOLE'))
      missed.push(`${name} (${did}): ours ${first}, theirs ${second}`);
  }
  console.log([...kinds].map(([kind, times]) => `${kind} ${times}`).join(', '));
  expect(missed).toEqual([]);
});
