import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { ledgerDeps, ledgerOptions, newSigningKey, useSubmission } from '../../../test/builders/ledger.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import type { Disk } from '../ledger/disk.ts';
import { createFileCursor } from '../ledger/file-cursor.ts';
import { nodeDisk } from '../ledger/node-disk.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { keepReserve, noteRemoval } from '../ledger/removal.ts';
import { type Seal, signed, signedText } from '../ledger/signed-file.ts';
import { trustedKeys } from '../ledger/trusted-keys.ts';
import { FakeObjectStore } from '../s3/fake-object-store.ts';
import { ObjectStoreError } from '../s3/s3-store.ts';
import type { ArchiveEvents } from './archive-events.ts';
import { type ArchiveDeps, archiveSealed } from './archive-segments.ts';
import { removeOld, removeStrayCursors } from './retention.ts';

const LEDGER = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const PREFIX = 'clusters/prod/';
const NEVER = new AbortController().signal;
const DAY_MS = 86_400_000;

let directory = '';
let clock = new FakeClock();
let store = new FakeObjectStore();
const key = newSigningKey();
const told: string[] = [];
let behind: Readonly<Record<string, number>> = {};
const events: ArchiveEvents = {
  archived: (segment) => told.push(`archived ${segment}`),
  missing: (segment) => told.push(`missing ${segment}`),
  badSeal: (segment) => told.push(`bad seal ${segment}`),
  removed: (segment) => told.push(`removed ${segment}`),
  held: (segment, by) => told.push(`held ${segment} by ${by}`),
  behind: (seconds) => (behind = seconds),
  strayed: (name, seq) => told.push(`strayed ${name} at ${seq}`),
  failed: (doing) => told.push(`failed ${doing}`),
};

beforeEach(async () => {
  directory = await testFolder();
  clock = new FakeClock();
  store = new FakeObjectStore();
  told.length = 0;
});

/** What is written here need not outlast a power cut. */
const disk: Disk = {
  ...nodeDisk,
  open: async (path, mode) => ({ ...(await nodeDisk.open(path, mode)), sync: () => Promise.resolve() }),
  syncFolder: () => Promise.resolve(),
};

/** Some segments a day, of which the last is open. */
async function write(days: number): Promise<void> {
  const ledger = await openLedger(ledgerOptions(directory, { segmentBytes: 1_500 }), ledgerDeps(clock, { key, disk }));
  for (let day = 0; day < days; day += 1) {
    for (let use = 0; use < 3; use += 1) {
      await ledger.append([useSubmission(`${clock.now()}-${use}-a`), useSubmission(`${clock.now()}-${use}-b`)]);
    }
    await clock.advance(DAY_MS);
  }
  await ledger[Symbol.asyncDispose]();
}

async function files(pattern: RegExp): Promise<string[]> {
  return (await readdir(directory)).filter((name) => pattern.test(name)).sort();
}
const segments = (): Promise<string[]> => files(/\.ndjson$/);
const seals = (): Promise<string[]> => files(/\.seal\.json$/);

function archive(deps: Partial<ArchiveDeps> = {}): Promise<number> {
  const cursor = createFileCursor({ directory, name: 'archive', ledger: LEDGER, disk });
  const options = { directory, ledger: LEDGER, prefix: PREFIX };
  return archiveSealed(options, { disk, store, cursor, events, ...deps }, NEVER);
}

async function lastSealed(): Promise<number> {
  const name = (await seals()).at(-1) ?? '';
  return (JSON.parse(await readFile(join(directory, name), 'utf8')) as { last: number }).last;
}

describe('the archive', () => {
  test('gets each closed segment with its seal and the key, as they stand on the disk, and not the open one', async () => {
    await write(3);
    const archived = await archive();
    expect(archived).toBe(await lastSealed());
    const expected = [...(await segments()).slice(0, -1), ...(await seals()), `keys/${key.id}.pem`];
    expect([...store.objects.keys()].sort()).toEqual(expected.map((name) => `${PREFIX}${LEDGER}/${name}`).sort());
    for (const name of expected) {
      expect(store.objects.get(`${PREFIX}${LEDGER}/${name}`)).toEqual(await readFile(join(directory, name)));
    }
    expect(store.objects.size).toBeGreaterThan(6);
  });

  test('gets what is new since its cursor, and nothing twice', async () => {
    await write(1);
    await archive();
    const before = store.objects.size;
    const kept = store.kept;
    await archive();
    expect([store.objects.size, store.kept]).toEqual([before, kept]);
    await write(1);
    await archive();
    expect(store.objects.size).toBeGreaterThan(before);
  });

  test('goes on where it failed, and gets all of it again when its cursor is lost', async () => {
    await write(2);
    store.failure = new ObjectStoreError('Unavailable', 'away');
    await expect(archive()).rejects.toThrow('away');
    expect(told).toEqual([]);
    store.failure = undefined;
    await archive();
    const size = store.objects.size;
    await rm(join(directory, 'cursors'), { recursive: true });
    await archive();
    expect(store.objects.size).toBe(size);
    expect(told.filter((line) => line === 'archived 1')).toHaveLength(2);
  });

  test('does not get a segment that was changed after it was sealed', async () => {
    await write(2);
    const [first = ''] = await segments();
    const text = await readFile(join(directory, first), 'utf8');
    await writeFile(join(directory, first), text.replace('alice', 'mallo'));
    await expect(archive()).rejects.toThrow('BadDigest');
    expect(store.objects.size).toBe(0);
  });

  test('does not get what stands behind a seal that is not good', async () => {
    await write(2);
    const [, second = ''] = await seals();
    const text = await readFile(join(directory, second), 'utf8');
    await writeFile(join(directory, second), text.replace(/"records":(\d)/, '"records":1$1'));
    await archive();
    expect(told).toEqual(['archived 1', `bad seal ${Number.parseInt(second, 10)}`]);
  });

  test('says what is in neither place', async () => {
    await write(2);
    const [first = ''] = await segments();
    await rm(join(directory, first));
    await archive();
    expect(told[0]).toBe('missing 1');
  });
});

describe('retention', () => {
  const forgotten: number[] = [];
  const remove = async (
    days: number,
    followers: readonly string[] = [],
    readers: Readonly<Record<string, number>> = {},
    on = disk,
  ): Promise<number> => {
    forgotten.length = 0;
    const { from } = await removeOld(
      { directory, ledger: LEDGER, keepMs: days * DAY_MS, followers, readers: () => readers },
      {
        disk: on,
        clock,
        events,
        noteRemoval: (seal) => noteRemoval(on, directory, seal, { key, keys: trustedKeys(key, []), now: clock.now() }),
        forget: (seq) => {
          forgotten.push(seq);
          return Promise.resolve();
        },
      },
    );
    return from;
  };
  const cursorOf = (name: string) => createFileCursor({ directory, name, ledger: LEDGER, disk });
  const firstHere = async (): Promise<number> => Number.parseInt((await segments())[0] ?? '', 10);

  test('removes what is old enough, keeps the seals, and tells from where on there is something', async () => {
    await write(6);
    const [all, sealed] = [await segments(), await seals()];
    const kept = await remove(3);
    expect((await segments()).length).toBeLessThan(all.length);
    expect((await segments()).length).toBeGreaterThan(1);
    expect(await seals()).toEqual(sealed);
    expect(kept).toBe(await firstHere());
    expect(forgotten).toEqual([kept]);
    expect(await remove(3)).toBe(kept);
  });

  test('writes down what it removes before it does, and removes nothing where it cannot', async () => {
    await write(4);
    const noted = (): Promise<string[]> => files(/\.removed\.json$/);
    // By a key of ours, or not at all: a seal may say that its segment is older than it is.
    const [name = ''] = await seals();
    const text = await readFile(join(directory, name), 'utf8');
    const stranger = newSigningKey();
    const { signature: _, ...seal } = JSON.parse(text) as Seal;
    await writeFile(join(directory, name), signedText(signed({ ...seal, key: stranger.id }, stranger)));
    await writeFile(join(directory, 'keys', `${stranger.id}.pem`), stranger.publicPem);
    const before = await segments();
    await expect(remove(1)).rejects.toThrow(`signed by key ${stranger.id}`);
    expect([await segments(), await noted()]).toEqual([before, []]);

    await writeFile(join(directory, name), text);
    await remove(1);
    const left = await segments();
    const gone = before.filter((each) => !left.includes(each));
    expect(gone.length).toBeGreaterThan(1);
    expect(await noted()).toEqual(gone.map((each) => each.replace('.ndjson', '.removed.json')));
  });

  test('removes on a disk that has no room for one file more', async () => {
    await write(4);
    await keepReserve(disk, directory);
    let full = true;
    const fullDisk: Disk = {
      ...disk,
      open: (path, mode) => (full && mode === 'Create' ? Promise.reject(new Error('ENOSPC')) : disk.open(path, mode)),
      remove: async (path) => {
        await disk.remove(path);
        full = false;
      },
    };
    const before = await segments();
    await remove(1, [], {}, fullDisk);
    expect((await segments()).length).toBeLessThan(before.length);
  });

  test('that ended between its note and the removal goes on without room for another note', async () => {
    await write(4);
    await keepReserve(disk, directory);
    const before = await segments();
    const ending: Disk = { ...disk, remove: () => Promise.reject(new Error('killed')) };
    await expect(remove(1, [], {}, ending)).rejects.toThrow('killed');
    expect(await segments()).toEqual(before);
    let full = true;
    const fullDisk: Disk = {
      ...disk,
      open: (path, mode) => (full && mode !== 'Read' ? Promise.reject(new Error('ENOSPC')) : disk.open(path, mode)),
      remove: async (path) => {
        await disk.remove(path);
        full = false;
      },
    };
    await remove(1, [], {}, fullDisk);
    expect((await segments()).length).toBeLessThan(before.length);
  });

  test('never removes the open segment', async () => {
    await write(2);
    await clock.advance(1_000 * DAY_MS);
    const open = (await segments()).at(-1);
    await remove(1);
    expect(await segments()).toEqual([open]);
  });

  test.each<{
    readonly case: string;
    readonly followers?: readonly string[];
    readonly readers?: Readonly<Record<string, number>>;
    readonly by: string;
    readonly prepare?: () => Promise<void>;
  }>([
    { case: 'the index has not got', readers: { index: 1 }, by: 'index' },
    {
      case: 'the archive has not got',
      followers: ['archive'],
      by: 'archive',
      prepare: () => cursorOf('archive').save(1),
    },
    {
      case: 'a sink has not sent',
      followers: ['sink-a', 'sink-splunk'],
      by: 'sink-splunk',
      prepare: async () => {
        await cursorOf('sink-a').save(1_000);
        await cursorOf('sink-splunk').save(1);
      },
    },
    { case: 'a sink has not sent that never sent anything', followers: ['sink-new'], by: 'sink-new' },
    {
      case: 'of which nobody knows how far a follower is',
      followers: ['detectors'],
      by: 'detectors',
      prepare: async () => {
        await mkdir(join(directory, 'cursors'));
        await writeFile(join(directory, 'cursors/detectors.json'), '{');
      },
    },
    {
      case: 'a follower has read of another ledger only',
      followers: ['sink-a'],
      by: 'sink-a',
      prepare: () => createFileCursor({ directory, name: 'sink-a', ledger: OTHER, disk }).save(1_000),
    },
  ])('waits with what $case, and says so', async ({ followers, readers, by, prepare }) => {
    await write(4);
    await prepare?.();
    const before = await segments();
    await remove(1, followers, readers);
    expect(await segments()).toEqual(before);
    expect(told).toEqual([`held 1 by ${by}`]);
    // The first segment was closed on the second of four days, and kept for one.
    expect(Object.entries(behind).filter(([, seconds]) => seconds > 0)).toEqual([[by, (2 * DAY_MS) / 1_000]]);
    await cursorOf(by).save(1_000);
    await remove(1, followers, { ...readers, ...(by === 'index' ? { index: 1_000 } : {}) });
    expect((await segments()).length).toBeLessThan(before.length);
    expect(Object.values(behind)).not.toContain((2 * DAY_MS) / 1_000);
  });

  test('a follower that is configured no more is not waited for: its cursor goes, and that is said', async () => {
    await write(4);
    await cursorOf('sink-gone').save(2);
    await cursorOf('sink-here').save(3);
    await writeFile(join(directory, 'cursors/observed.ndjson'), '');
    await removeStrayCursors({ directory, ledger: LEDGER, followers: ['sink-here'] }, { disk, events });
    expect(told).toEqual(['strayed sink-gone at 2']);
    expect((await readdir(join(directory, 'cursors'))).sort()).toEqual(['observed.ndjson', 'sink-here.json']);
  });

  test('does not remove a segment whose seal is not good, nor any behind it', async () => {
    await write(4);
    const [, second = ''] = await seals();
    await writeFile(join(directory, second), '{}\n');
    const before = await segments();
    await remove(1);
    expect(await segments()).toEqual(before.slice(1));
    expect(told).toEqual(['removed 1', `bad seal ${Number.parseInt(second, 10)}`]);
  });

  test('leaves a ledger that goes on, and can be read from where it begins now', async () => {
    await write(6);
    const kept = await remove(3);
    await using ledger = await openLedger(ledgerOptions(directory), ledgerDeps(clock, { key, disk }));
    const [first] = await ledger.read(0, { records: 1, bytes: 1 });
    expect(first?.seq).toBe(kept);
    const [appended] = await ledger.append([useSubmission('later')]);
    expect(appended).toBe(ledger.head()?.seq);
  });
});
