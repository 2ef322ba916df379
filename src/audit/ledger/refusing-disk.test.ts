import { rm } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ledgerDeps,
  ledgerOptions,
  newSigningKey,
  recordedEvents,
  useSubmission,
} from '../../../test/builders/ledger.ts';
import { type Step, unsureDisk } from '../../../test/builders/unsure-disk.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { verifyLedger } from '../verify/verify-ledger.ts';
import { nodeDisk } from './node-disk.ts';
import { type LedgerOptions, openLedger } from './open-ledger.ts';

let directory = '';
const clock = new FakeClock();
const key = newSigningKey();
beforeEach(async () => {
  directory = await testFolder();
});

function open(step: Step, more: Partial<LedgerOptions> = {}, events = recordedEvents()) {
  return openLedger(
    ledgerOptions(directory, more),
    ledgerDeps(clock, { key, disk: unsureDisk(nodeDisk, step), events }),
  );
}

const use = (id: string) => [useSubmission(id)];
const IDS = ['a', 'b', 'c'];

/** All that is there by id, and whether the files are whole. */
async function kept() {
  await using ledger = await openLedger(ledgerOptions(directory), ledgerDeps(clock, { key }));
  const records = await ledger.read(0, { records: 100, bytes: 1e6 });
  const rest = await ledger.read(records.at(-1)?.seq ?? 0, { records: 100, bytes: 1e6 });
  const more = await ledger.read(rest.at(-1)?.seq ?? Infinity, { records: 100, bytes: 1e6 });
  return [...records, ...rest, ...more].map(({ record }) => record.id).filter((id) => id.startsWith('use/'));
}

async function findings() {
  return (await verifyLedger({ directory, pins: [], heads: [] }, { disk: nodeDisk, clock })).findings;
}

describe('a disk that refuses once', () => {
  test('at each place in turn: who waits is told, and the next try keeps it, once', { timeout: 120_000 }, async () => {
    let reached = true;
    for (let place = 1; reached; place += 1) {
      let count = 0;
      reached = false;
      const refuse: Step = (when, what) => {
        count += 1;
        if (count !== place) return Promise.resolve();
        reached = true;
        return Promise.reject(new Error(`no ${what} (${when})`));
      };
      const ledger = await open(refuse, { segmentBytes: 700 }).catch((error: Error) => error);
      if (ledger instanceof Error) expect(ledger.message).toMatch(/^no /);
      // What could not be opened is opened at the next try.
      const opened = ledger instanceof Error ? await open(refuse, { segmentBytes: 700 }) : ledger;
      const refused: string[] = [];
      for (const id of IDS) {
        await opened.append(use(id)).catch(async (error: unknown) => {
          refused.push(id);
          expect(error).toMatchObject({ code: 'Unwritable' });
          await opened.append(use(id));
        });
      }
      await opened[Symbol.asyncDispose]();
      expect(refused.length, `place ${place}`).toBeLessThan(2);
      expect(await kept(), `place ${place}`).toEqual(IDS.map((id) => `use/${id}`));
      expect(await findings(), `place ${place}`).toEqual([]);
      await rm(directory, { recursive: true });
    }
    await nodeDisk.makeFolder(directory);
  });
});

test('of a long record that was refused nothing is left behind a short one that was not', async () => {
  let refuses = false;
  await using ledger = await open((when, what) =>
    refuses && when === 'before' && what === 'sync' ? Promise.reject(new Error('no room')) : Promise.resolve(),
  );
  refuses = true;
  await expect(ledger.append([useSubmission('long', 'x'.repeat(5_000))])).rejects.toMatchObject({ code: 'Unwritable' });
  refuses = false;
  await ledger.append(use('a'));
  expect(await findings()).toEqual([]);
});

describe('a disk that is slow', () => {
  test('keeps some waiting and tells the others that it is busy, until it goes on', async () => {
    let letGo: () => void = () => undefined;
    let stuck: Promise<void> | undefined;
    const slow: Step = async (when, what) => {
      if (when === 'before' && what === 'sync') await stuck;
    };
    await using ledger = await open(slow, { queue: { records: 2, bytes: 1e6, groupBytes: 1e6 } });
    stuck = new Promise((resolve) => {
      letGo = resolve;
    });
    const first = ledger.append(use('a'));
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    const waiting = [ledger.append(use('b')), ledger.append(use('c'))];
    await expect(ledger.append(use('d'))).rejects.toMatchObject({ code: 'Busy' });
    expect(await ledger.read(1, { records: 10, bytes: 1e6 })).toEqual([]);
    letGo();
    stuck = undefined;
    expect(await first).toEqual([2]);
    expect(await Promise.all(waiting)).toEqual([[3], [4]]);
    expect(await ledger.append(use('d'))).toEqual([5]);
  });

  test('is not read ahead of what is durable', async () => {
    const seen: number[] = [];
    let read: () => Promise<void> = () => Promise.resolve();
    await using ledger = await open(async (when, what) => {
      if (when === 'before' && what === 'sync') await read();
    });
    read = async () => {
      seen.push((await ledger.read(1, { records: 10, bytes: 1e6 })).length);
    };
    await ledger.append(use('a'));
    read = () => Promise.resolve();
    expect(seen).toEqual([0]);
  });
});

test('a segment that cannot be sealed is sealed later, and the ledger goes on', async () => {
  const events = recordedEvents();
  // Seals and checkpoints are renamed within an open ledger, and new segments: only those come behind a sync of their own.
  let refuses = false;
  let renames = 0;
  const step: Step = (when, what) => {
    if (when !== 'before' || what !== 'rename') return Promise.resolve();
    renames += 1;
    // The first is the new segment's, the second the seal's.
    return refuses && renames === 2 ? Promise.reject(new Error('no room')) : Promise.resolve();
  };
  await using ledger = await open(step, { segmentBytes: 700 }, events);
  [refuses, renames] = [true, 0];
  for (const id of ['a', 'b', 'c']) await ledger.append(use(id));
  await expect.poll(() => events.told).toContain('Seal: no room');
  expect(await findings()).toMatchObject([{ kind: 'NotSealed' }]);
  await expect
    .poll(async () => {
      await clock.advance(30_000);
      return events.told;
    })
    .toContain('sealed 1 to 3');
  expect(await findings()).toEqual([]);
});
