import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Disk } from '../../src/audit/ledger/disk.ts';
import { openLedger } from '../../src/audit/ledger/open-ledger.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { ledgerDeps, ledgerOptions, newSigningKey, useSubmission } from '../builders/ledger.ts';
import { powerCutDisk } from '../builders/power-cut-disk.ts';
import { type Step, unsureDisk } from '../builders/unsure-disk.ts';
import { drawsOf } from './seeded.ts';
import { amount } from './size.ts';

/**
 * `kill -9` leaves what the kernel has, so that it says nothing of fdatasync: here the power goes. A schedule has three lives,
 * of which two end by that.
 */
const SCHEDULES = amount('SALLYPORT_PROOF_POWER_CUTS', { short: 150, long: 5_000 });
const SEED = amount('SALLYPORT_PROOF_SEED', { short: 1, long: 1 });
const LIVES = 3;
const IDS = Array.from({ length: 7 }, (_, index) => `use-${index}`);
/** Somewhat more than there are in a life; a cut that is not reached comes when it has ended. */
const POINTS = 130;

let directory = '';
const key = newSigningKey();
beforeAll(async () => {
  // Nothing of it but the lock is on a disk of this machine.
  directory = await mkdtemp(join(tmpdir(), 'ledger-power-cut-'));
});
afterAll(() => rm(directory, { recursive: true }));

function open(disk: Disk, clock: FakeClock): Promise<Ledger & AsyncDisposable> {
  return openLedger(ledgerOptions(directory, { segmentBytes: 900 }), ledgerDeps(clock, { key, disk }));
}

/** Where each record stands, by id. */
async function contents(ledger: Ledger): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let seq = 0; seq < (ledger.head()?.seq ?? 0); ) {
    const some = await ledger.read(seq, { records: 100, bytes: 1e6 });
    for (const { record } of some) found.set(record.id, record.seq);
    seq = some.at(-1)?.seq ?? Infinity;
  }
  return found;
}

interface World {
  readonly clock: FakeClock;
  /** Where those stand that were acknowledged, in any life. */
  readonly acknowledged: Map<string, number>;
  readonly wrong: string[];
}

/** All are submitted, as by a sender that knows of no answer. */
async function live(disk: Disk, { clock, acknowledged, wrong }: World, isCut: () => boolean): Promise<void> {
  let ledger;
  try {
    ledger = await open(disk, clock);
  } catch (error) {
    if (!isCut()) wrong.push(`it cannot be opened: ${String(error)}`);
    return;
  }
  // Before anything is submitted again, which would hide a loss.
  const found = await contents(ledger);
  for (const [id, seq] of acknowledged)
    if (found.get(`use/${id}`) !== seq)
      wrong.push(`${id} was acknowledged as ${seq}, and is ${found.get(`use/${id}`)}`);
  const appending = IDS.map(async (id, number) => {
    // Some go together, and some while others are being written.
    for (let before = 0; before < Math.floor(number / 2) * 10; before += 1) await Promise.resolve();
    const [seq = 0] = await ledger.append([useSubmission(id)]);
    const earlier = found.get(`use/${id}`);
    if (earlier !== undefined && earlier !== seq) wrong.push(`${id} stands twice, as ${earlier} and ${seq}`);
    acknowledged.set(id, seq);
  });
  await Promise.allSettled(appending);
  await ledger[Symbol.asyncDispose]();
}

async function play(seed: number): Promise<readonly string[]> {
  const draws = drawsOf(seed);
  const world: World = { clock: new FakeClock(), acknowledged: new Map(), wrong: [] };
  let disk = powerCutDisk();
  for (let life = 1; life < LIVES; life += 1) {
    let points = draws.between(0, POINTS);
    const step: Step = () => {
      points -= 1;
      return points < 0 ? Promise.reject(new Error('the power is off')) : Promise.resolve();
    };
    await live(unsureDisk(disk, step), world, () => points < 0);
    disk = disk.cut(() => draws.next());
    await world.clock.advance(1_000);
  }
  await live(disk, world, () => false);
  const verified = await verifyLedger({ directory, pins: [], heads: [] }, { disk, clock: world.clock });
  return [...world.wrong, ...verified.findings.map(({ kind, message }) => `${kind}: ${message}`)].map(
    (what) => `seed ${seed}: ${what}`,
  );
}

test(`[F17] through ${SCHEDULES} times two power cuts nothing is lost that was acknowledged, and nothing doubled`, {
  timeout: 3_600_000,
}, async () => {
  const wrong: string[] = [];
  for (let number = 0; number < SCHEDULES; number += 1)
    wrong.push(...(await play(SEED + number).catch((error: unknown) => [`seed ${SEED + number}: ${String(error)}`])));
  expect(wrong).toEqual([]);
});
