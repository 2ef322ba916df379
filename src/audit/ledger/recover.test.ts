import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ledgerDeps,
  ledgerOptions,
  newSigningKey,
  recordedEvents,
  useSubmission,
} from '../../../test/builders/ledger.ts';
import { retain } from '../../../test/harness/two-ledgers.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { writeHead } from './head-file.ts';
import { nodeDisk } from './node-disk.ts';
import { type LedgerDeps, type LedgerOptions, openLedger } from './open-ledger.ts';
import { sealSegment } from './seal-segment.ts';
import { sealName, segmentName } from './segment.ts';
import { readPublicKey, readSeal } from './signed-file.ts';

let directory = '';
let clock = new FakeClock();
let events = recordedEvents();
const key = newSigningKey();
beforeEach(async () => {
  directory = await testFolder();
  clock = new FakeClock();
  events = recordedEvents();
});

function open(more: Partial<LedgerOptions> = {}, deps: Partial<LedgerDeps> = {}) {
  const options = ledgerOptions(directory, { segmentBytes: 600, ...more });
  return openLedger(options, ledgerDeps(clock, { key, events, ...deps }));
}

const file = (name: string) => join(directory, name);
const ALL = { records: 1000, bytes: 1e6 };

/** Segments 1 to 3, 4 to 6, 7 to 8: two uses each, and one in the open one. */
async function fiveUses(): Promise<void> {
  await using ledger = await open();
  for (const id of ['a', 'b', 'c', 'd', 'e']) await ledger.append([useSubmission(id)]);
}

describe('segments', () => {
  test('are closed at their size and sealed, and read as one', async () => {
    await fiveUses();
    expect((await readdir(directory)).toSorted()).toEqual(
      [
        segmentName(1),
        sealName(1),
        segmentName(4),
        sealName(4),
        segmentName(7),
        'head.json',
        'keys',
        'lock',
      ].toSorted(),
    );
    // Sealing goes on beside what is appended.
    expect(events.told.toSorted()).toEqual(['checkpoint 1', 'checkpoint 8', 'sealed 1 to 3', 'sealed 4 to 6']);
    await using ledger = await open();
    const ids: string[] = [];
    for (let seq = 0; ; ) {
      const records = await ledger.read(seq, { records: 2, bytes: 1e6 });
      if (records.length === 0) break;
      ids.push(...records.map(({ record }) => record.id));
      seq = records.at(-1)?.seq ?? 0;
    }
    expect(ids.join(' ')).toBe('segment/1 use/a use/b segment/4 use/c use/d segment/7 use/e');
  });

  test('are closed at their age, an empty one never', async () => {
    await using ledger = await open({ segmentMs: 60_000 });
    await clock.advance(200_000);
    await ledger.append([useSubmission('a')]);
    await ledger.append([useSubmission('b')]);
    expect(ledger.head()?.seq).toBe(4);
    // Nobody writes: it is looked at all the same.
    await expect
      .poll(async () => {
        await clock.advance(30_000);
        return (await readdir(directory)).filter((name) => name.endsWith('.ndjson'));
      })
      .toEqual([segmentName(1), segmentName(3), segmentName(5)]);
    expect((await ledger.read(2, ALL)).map(({ record }) => record.id)).toEqual(['segment/3', 'use/b']);
  });

  test('that retention has taken away are not read, and not missed', async () => {
    await fiveUses();
    await retain(directory, key, 1);
    await using ledger = await open();
    expect((await ledger.read(0, ALL)).map(({ seq }) => seq)).toEqual([4, 5, 6]);
    await retain(directory, key, 2);
    expect((await ledger.read(0, ALL)).map(({ seq }) => seq)).toEqual([7, 8]);
    await clock.advance(60_000);
    expect(events.told.filter((line) => line.startsWith('lost'))).toEqual([]);
  });

  test('that somebody else has taken away are told, once each, at a start and while it runs', async () => {
    await fiveUses();
    await rm(file(segmentName(1)));
    const lost = () => events.told.filter((line) => line.startsWith('lost'));
    await using ledger = await open();
    await expect.poll(lost).toEqual([`lost ${segmentName(1)}`]);
    await rm(file(segmentName(4)));
    await expect
      .poll(async () => {
        await clock.advance(30_000);
        return lost();
      })
      .toEqual([`lost ${segmentName(1)}`, `lost ${segmentName(4)}`]);
    expect((await ledger.read(0, ALL)).map(({ seq }) => seq)).toEqual([7, 8]);
  });

  test('that were closed and not sealed when the process died are sealed at the next start, by a new key too', async () => {
    await fiveUses();
    await rm(file(sealName(4)));
    events = recordedEvents();
    {
      const former = readPublicKey(key.publicPem);
      await using ledger = await open({}, { key: newSigningKey(), formerKeys: former === undefined ? [] : [former] });
      expect(ledger.head()?.seq).toBe(8);
    }
    expect(events.told).toContain('sealed 4 to 6');
    expect(await readdir(join(directory, 'keys'))).toHaveLength(2);
  });

  test('of before a restart make duplicates known as well', async () => {
    await fiveUses();
    await using ledger = await open();
    expect(await ledger.append([useSubmission('a'), useSubmission('e')])).toEqual([2, 8]);
    expect(ledger.head()?.seq).toBe(8);
  });

  test('of before a restart make duplicates known however small they are', async () => {
    const ids = Array.from({ length: 24 }, (_, number) => `small-${number}`);
    const places: number[] = [];
    {
      await using ledger = await open({ segmentBytes: 100 });
      for (const id of ids) places.push(...(await ledger.append([useSubmission(id)])));
    }
    await using ledger = await open({ segmentBytes: 100 });
    expect(await ledger.append(ids.map((id) => useSubmission(id)))).toEqual(places);
  });

  test('never go back in time, whatever the clock does', async () => {
    const start = clock.now();
    {
      await using ledger = await open();
      await clock.advance(5000);
      await ledger.append([useSubmission('a')]);
    }
    clock = new FakeClock(start - 3_600_000);
    await using ledger = await open();
    await ledger.append([useSubmission('b')]);
    const times = (await ledger.read(0, ALL)).map(({ record }) => Date.parse(record.time) - start);
    expect(times).toEqual([0, 5000, 5000]);
  });
});

describe('the end of the ledger at a start', () => {
  test.each<[string, (open: string) => Promise<void>]>([
    ['half a line', (name) => appendFile(name, '{"seq":9,"prev":"')],
    ['blanks', (name) => appendFile(name, Buffer.alloc(20_000))],
    ['blanks with lines behind them', (name) => appendFile(name, `${'\0'.repeat(4096)}":1}\n{"seq":10,"p`)],
    ['a segment that was not begun', () => writeFile(file('segment.new'), '{"seq":9')],
  ])('is mended where a crash left %s', async (_, spoil) => {
    await fiveUses();
    await spoil(file(segmentName(7)));
    const spoiled = await readFile(file(segmentName(7)));
    events = recordedEvents();
    await using ledger = await open();
    const whole = spoiled.indexOf(10, spoiled.indexOf('use/e')) + 1;
    const [kept] = (await readdir(directory)).filter((name) => name.startsWith('cut-9-'));
    if (whole === spoiled.length) expect(kept).toBe(undefined);
    else {
      expect(await readFile(file(kept ?? 'none'))).toEqual(spoiled.subarray(whole));
      expect(events.told).toContain(`cut ${spoiled.length - whole} of ${segmentName(7)} to cut-9`);
    }
    expect(await ledger.append([useSubmission('f')])).toEqual([9]);
    expect((await ledger.read(7, ALL)).map(({ record }) => record.id)).toEqual(['use/e', 'use/f']);
    // Not a byte of what was there is left behind it.
    expect(await readFile(file(segmentName(7)), 'utf8')).toMatch(/"id":"use\/f",[^\0\n]*\n$/);
  });

  test('is kept up to a number of files, the oldest of which go', async () => {
    await fiveUses();
    for (let crash = 0; crash < 34; crash += 1) {
      await appendFile(file(segmentName(7)), `torn ${crash}`);
      await clock.advance(1000);
      await (await open({ segmentBytes: 1e6 }))[Symbol.asyncDispose]();
    }
    const kept = (await readdir(directory)).filter((name) => name.startsWith('cut-'));
    const texts = await Promise.all(kept.map((name) => readFile(file(name), 'utf8')));
    expect(texts.toSorted()).toEqual(Array.from({ length: 32 }, (_, index) => `torn ${index + 2}`).toSorted());
  });

  test('is mended where a power cut left a part of a group blank, and not where records of two groups follow', async () => {
    await fiveUses();
    const [before, headBefore] = [await readFile(file(segmentName(7))), await readFile(file('head.json'))];
    {
      await using ledger = await open({ segmentBytes: 1e6 });
      await ledger.append([useSubmission('f'), useSubmission('g')]);
      await clock.advance(1);
      await ledger.append([useSubmission('h')]);
    }
    const spoiled = (await readFile(file(segmentName(7)), 'utf8')).replace('use/f', 'use\0f');
    // As if it had not been closed, and no checkpoint come.
    await writeFile(file('head.json'), headBefore);
    await writeFile(file(segmentName(7)), spoiled);
    await expect(open()).rejects.toThrow(/record 9 is blank/);
    expect(await readFile(file(segmentName(7)), 'utf8')).toBe(spoiled);

    await writeFile(file(segmentName(7)), `${spoiled.split('\n').slice(0, 4).join('\n')}\n`);
    await using ledger = await open();
    expect(ledger.head()?.seq).toBe(8);
    expect((await readFile(file(segmentName(7)))).subarray(0, before.length)).toEqual(before);
  });

  test.each<[string, RegExp, () => Promise<void>]>([
    ['the last record is gone', /records 8 to 8 are gone/, () => shorten(segmentName(7), 1)],
    ['the open segment is gone', /is sealed, and the segment/, () => rm(file(segmentName(7)))],
    ['no segment is left', /no segment/, () => removeAll('.ndjson')],
    ['head.json is gone', /head\.json is gone/, () => rm(file('head.json'))],
    ['head.json was changed', /signature of head.json is wrong/, () => replace('head.json', /"seq":8/, '"seq":7')],
    ['a record was changed', /record 8 does not follow/, () => replace(segmentName(7), /"time":"2026/, '"time":"2027')],
    ['the last record was changed', /record 8 is not the one/, () => replace(segmentName(7), /alice/, 'alicf')],
    [
      'a record is none',
      /record 8 is not written as one/,
      () => replace(segmentName(7), /"kind":"Use"/, '"kind":"Us"'),
    ],
    ['a blank hides what was acknowledged', /record 8 is blank/, () => replace(segmentName(7), /alice/, '\0lice')],
    ['something else follows', /record 9 is not written as one/, () => appendFile(file(segmentName(7)), 'x\n')],
    ['it is of another place, and the checkpoint is older', /does not follow the segment/, moveOpenSegment],
    ['the seal before it is none', /is no seal/, () => replace(sealName(4), /"last"/, '"lasd"')],
    ['the seal before it is gone too', /gone, without a seal/, () => removeAll(sealName(4), segmentName(4))],
    [
      'an unsealed segment has more than its records',
      /bytes behind its last/,
      async () => {
        await removeAll(sealName(4));
        await appendFile(file(segmentName(4)), 'x');
      },
    ],
  ])('is left as it is where %s', async (_, message, spoil) => {
    await fiveUses();
    await spoil();
    const before = await contents();
    await expect(open()).rejects.toThrow(message);
    expect(await contents()).toEqual(before);
    // Nor is it locked.
    await expect(open()).rejects.toMatchObject({ code: 'DamagedLedger' });
  });
});

test('a closed segment that is not what was written is not signed', async () => {
  await fiveUses();
  const options = { directory, longestLine: 10_000, now: clock.now() };
  const { head = '' } = readSeal(await readFile(file(sealName(1)), 'utf8')) ?? {};
  await rm(file(sealName(1)));
  const deps = { disk: nodeDisk, key };
  await expect(sealSegment({ first: 1, head: 'f'.repeat(64) }, options, deps)).rejects.toThrow(/does not end with/);
  expect(await readdir(directory)).not.toContain(sealName(1));
  await sealSegment({ first: 1, head }, options, deps);
  expect(await readdir(directory)).toContain(sealName(1));
});

/** The chain of the open segment is whole by itself, and begins somewhere else; the last checkpoint is that of record 6. */
async function moveOpenSegment(): Promise<void> {
  const { ledger = '', head = '' } = readSeal(await readFile(file(sealName(4)), 'utf8')) ?? {};
  const time = new Date(clock.now()).toISOString();
  await writeHead(nodeDisk, directory, { ledger, seq: 6, hash: head, time }, key);
  const [first = '', second = ''] = (await readFile(file(segmentName(7)), 'utf8')).split('\n');
  const moved = first.replace(/"prev":"[0-9a-f]*"/, `"prev":"${'f'.repeat(64)}"`);
  const hash = createHash('sha256').update(moved).digest('hex');
  await writeFile(file(segmentName(7)), `${moved}\n${second.replace(/"prev":"[0-9a-f]*"/, `"prev":"${hash}"`)}\n`);
}

async function contents(): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('json'));
  return Promise.all(names.map((name) => readFile(file(name), 'utf8')));
}

async function shorten(name: string, lines: number): Promise<void> {
  const text = await readFile(file(name), 'utf8');
  await truncate(file(name), Buffer.byteLength(`${text.split('\n').slice(0, lines).join('\n')}\n`));
}

async function removeAll(...endings: string[]): Promise<void> {
  const names = await readdir(directory);
  for (const name of names.filter((each) => endings.some((end) => each.endsWith(end)))) await rm(file(name));
}

async function replace(name: string, pattern: RegExp, by: string): Promise<void> {
  const text = await readFile(file(name), 'utf8');
  expect(text).toMatch(pattern);
  await writeFile(file(name), text.replace(pattern, by));
}
