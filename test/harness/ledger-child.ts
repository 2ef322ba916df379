import { readFileSync, writeSync } from 'node:fs';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { openLedger } from '../../src/audit/ledger/open-ledger.ts';
import { createSigningKey } from '../../src/audit/ledger/signing-key.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { ledgerDeps, ledgerOptions, useSubmission } from '../builders/ledger.ts';
import { unsureDisk } from '../builders/unsure-disk.ts';

/**
 * A process that keeps records and is killed on its way: `ledger-child.ts DIRECTORY KEY POINT ID...`. On standard output it
 * says what was acknowledged, as `id seq`, and at the end how many points there are.
 */
const [directory = '', keyFile = '', point = '0', ...ids] = process.argv.slice(2);
const dieAt = Number(point);
let points = 0;

const disk = unsureDisk(nodeDisk, () => {
  points += 1;
  if (points === dieAt) process.kill(process.pid, 'SIGKILL');
  return Promise.resolve();
});
const key = createSigningKey(readFileSync(keyFile, 'utf8'));
const options = ledgerOptions(directory, { segmentBytes: 700 });
const ledger = await openLedger(options, ledgerDeps(systemClock, { disk, key }));
for (let next = 0; next < ids.length; next += 3) {
  const [first = [], second = []] = [ids.slice(next, next + 1), ids.slice(next + 1, next + 3)];
  // What is submitted while the first is written goes with it, or behind it.
  await Promise.all([first, second].map((group) => keep(group)));
}
await ledger[Symbol.asyncDispose]();
writeSync(1, `points ${points}\n`);

async function keep(group: readonly string[]): Promise<void> {
  const positions = await ledger.append(group.map((id) => useSubmission(id)));
  positions.forEach(({ seq }, index) => writeSync(1, `${group[index] ?? ''} ${seq}\n`));
}
