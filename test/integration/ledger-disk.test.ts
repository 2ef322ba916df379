import { appendFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { openLedger } from '../../src/audit/ledger/open-ledger.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { ledgerDeps, ledgerOptions, newSigningKey, recordedEvents, useSubmission } from '../builders/ledger.ts';
import { canMount, type SmallDisk, smallDisk } from '../harness/small-disk.ts';

/** F19, on an ext4 of 8 MiB. */
const DISK_BYTES = 8 * 1024 * 1024;
/** So that a dozen of them fill the disk. */
const LONG = 'x'.repeat(200_000);

let disk: SmallDisk;
let mounted = '';
const key = newSigningKey();
const events = recordedEvents();

beforeEach(async () => {
  if (!canMount) return;
  disk = await smallDisk(DISK_BYTES);
  ({ mounted } = disk);
}, 300_000);
afterEach(async () => {
  if (canMount) await disk[Symbol.asyncDispose]();
});

function open() {
  const options = ledgerOptions(join(mounted, 'ledger'), { recordBytes: 1_000_000 });
  return openLedger(options, ledgerDeps(systemClock, { key, events }));
}

async function verify() {
  const directory = join(mounted, 'ledger');
  return verifyLedger({ directory, pins: [], heads: [] }, { disk: nodeDisk, clock: systemClock });
}

/** Appends until the disk refuses. @returns ids that were acknowledged */
async function fill(ledger: Ledger): Promise<string[]> {
  const kept: string[] = [];
  for (let next = 0; next < 200; next += 1) {
    try {
      await ledger.append([useSubmission(`long-${next}`, LONG)]);
      kept.push(`use/long-${next}`);
    } catch (error) {
      expect(error).toMatchObject({ code: 'Unwritable' });
      return kept;
    }
  }
  throw new Error('the disk was never full');
}

async function idsOf(ledger: Ledger): Promise<string[]> {
  const ids: string[] = [];
  for (let seq = 0; seq < (ledger.head()?.seq ?? 0); ) {
    const records = await ledger.read(seq, { records: 100, bytes: 1e6 });
    ids.push(...records.filter(({ record }) => record.kind === 'Use').map(({ record }) => record.id));
    seq = records.at(-1)?.seq ?? Infinity;
  }
  return ids;
}

test.runIf(canMount)('[F19] a full disk: nothing torn stays, and it goes on when there is room', async () => {
  const ballast = join(mounted, 'ballast');
  await writeFile(ballast, Buffer.alloc(2 * 1024 * 1024));
  await using ledger = await open();
  const kept = await fill(ledger);
  expect(kept.length).toBeGreaterThan(3);
  expect((await statfs(mounted)).bavail).toBeLessThan(100);
  // Whoever tries again is told so again, and what was acknowledged can be read meanwhile.
  await expect(ledger.append([useSubmission('again', LONG)])).rejects.toMatchObject({ code: 'Unwritable' });
  expect(await idsOf(ledger)).toEqual(kept);

  await rm(ballast);
  await ledger.append([useSubmission('again', LONG)]);
  expect(await idsOf(ledger)).toEqual([...kept, 'use/again']);
  expect((await verify()).findings.map(({ kind }) => kind)).toEqual([]);
});

test.runIf(canMount)('[F19] a disk that is full at the start: it says so, and opens when there is room', async () => {
  const kept: string[] = [];
  {
    await using ledger = await open();
    kept.push(...(await fill(ledger)));
  }
  // To the last block: what is left by appends of 200 kB is enough for a checkpoint.
  const crumbs = join(mounted, 'crumbs');
  for (let rest = true; rest; )
    rest = await appendFile(crumbs, Buffer.alloc(1024)).then(
      () => true,
      () => false,
    );
  await expect(open()).rejects.toMatchObject({ code: 'ENOSPC' });
  await rm(crumbs);
  await using ledger = await open();
  expect(await idsOf(ledger)).toEqual(kept);
});

test.runIf(canMount)(
  '[F19] a disk that becomes read-only, as after an error: nothing is lost of what was said',
  async () => {
    {
      await using ledger = await open();
      await ledger.append([useSubmission('before')]);
      await disk.remount('abort');
      for (const id of ['meanwhile', 'meanwhile', 'and-again'])
        await expect(ledger.append([useSubmission(id)])).rejects.toMatchObject({
          code: 'Unwritable',
          cause: { code: 'EROFS' },
        });
      expect(await idsOf(ledger)).toEqual(['use/before']);
    }
    await disk.again();
    await using ledger = await open();
    await ledger.append([useSubmission('after')]);
    expect(await idsOf(ledger)).toEqual(['use/before', 'use/after']);
    expect((await verify()).findings.map(({ kind }) => kind)).toEqual([]);
  },
);

test.runIf(canMount)('[F19] a disk that is read-only at the start: it says so, and opens when it is not', async () => {
  {
    await using ledger = await open();
    expect(ledger.head()?.seq).toBe(1);
  }
  await disk.remount('ro');
  await expect(open()).rejects.toThrow(/readonly|read-only/);
  await disk.remount('rw');
  await using ledger = await open();
  expect(ledger.head()?.seq).toBe(1);
});
