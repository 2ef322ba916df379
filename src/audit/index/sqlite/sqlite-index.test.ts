import { DatabaseSync } from 'node:sqlite';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventSubmission, writeSegments } from '../../../../test/builders/stored-records.ts';
import { describeIndex } from '../../../../test/harness/evidence-index-cases.ts';
import { searchOf } from '../search.ts';
import { openSqliteIndex, type SqliteIndex } from './sqlite-index.ts';

const LEDGER = '6a5e1c1e-4f0e-4b7e-9d10-0c64d2f5a001';
const NEVER = new AbortController().signal;
const databases = (directory: string): string => join(directory, 'index');

describeIndex('in SQLite', {
  makeOld: async (directory) => {
    for (const file of await readdir(databases(directory))) {
      if (!file.endsWith('.sqlite')) continue;
      const database = new DatabaseSync(join(databases(directory), file));
      database.exec('PRAGMA user_version = 1');
      database.close();
    }
  },
  open: (directory, ledger) => openSqliteIndex({ directory: databases(directory), ledger, searchMs: 5_000 }),
  destroy: (directory) => rm(databases(directory), { recursive: true, force: true }),
});

describe('the files of the index in SQLite', () => {
  let directory = '';
  let index: SqliteIndex | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-index-'));
  });
  afterEach(async () => {
    await index?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });
  const open = async (ledger = LEDGER): Promise<SqliteIndex> => {
    await index?.[Symbol.asyncDispose]();
    index = await openSqliteIndex({ directory: databases(directory), ledger, searchMs: 5_000 });
    return index;
  };
  const fill = async (days: number): Promise<void> => {
    const segments = writeSegments(directory);
    for (let day = 1; day <= days; day += 1) {
      await segments.write(`2026-11-0${day}T10:00:00.000Z`, [eventSubmission({ auditID: `${day}` })]);
    }
    await (await open()).add(segments.stored);
    await index?.[Symbol.asyncDispose]();
  };
  const files = async (): Promise<string[]> =>
    (await readdir(databases(directory))).filter((name) => name.endsWith('.sqlite')).sort();

  test('are one a day, and go with the records that are forgotten', async () => {
    await fill(4);
    expect(await files()).toEqual([1, 2, 3, 4].map((day) => `2026-11-0${day}.sqlite`));
    const opened = await open();
    await opened.forget(3);
    expect(await files()).toEqual(['2026-11-03.sqlite', '2026-11-04.sqlite']);
    expect(await opened.cursor()).toMatchObject({ first: 3, seq: 4 });
    await opened.forget(99);
    expect(await files()).toEqual(['2026-11-04.sqlite']);
  });

  test.each<{ readonly case: string; readonly harm: (file: string) => Promise<unknown>; readonly why: RegExp }>([
    { case: 'missing', harm: (file) => rm(file), why: /^2026-11-03 does not follow on 2026-11-01$/ },
    {
      case: 'no database',
      harm: (file) => writeFile(file, 'x'.repeat(8192)),
      why: /^2026-11-02 file is not a database$/,
    },
    { case: 'empty', harm: (file) => writeFile(file, ''), why: /^2026-11-02 holds nothing$/ },
  ])('of which one is $case are deleted from there on, to be made anew', async ({ harm, why }) => {
    await fill(3);
    await harm(join(databases(directory), '2026-11-02.sqlite'));
    const opened = await open();
    expect(await opened.cursor()).toMatchObject({ first: 1, seq: 1 });
    expect(opened.deleted[0]).toMatch(why);
    expect(await files()).toEqual(['2026-11-01.sqlite']);
  });

  test('of another ledger are deleted', async () => {
    await fill(2);
    const opened = await open('00000000-0000-4000-8000-000000000000');
    expect(await opened.cursor()).toBeUndefined();
    expect(opened.deleted).toEqual(['2026-11-01 belongs to another ledger', '2026-11-02 belongs to another ledger']);
  });

  test('that break while they are in use are reported as corrupt', async () => {
    await fill(1);
    const opened = await open();
    await writeFile(join(databases(directory), '2026-11-01.sqlite'), 'x'.repeat(65_536));
    await expect(opened.find(searchOf({ limit: 5 }, undefined), NEVER)).rejects.toMatchObject({ code: 'Corrupt' });
  });

  test('a search that takes longer than it may ends so', async () => {
    await fill(1);
    index = await openSqliteIndex({ directory: databases(directory), ledger: LEDGER, searchMs: -1 });
    await expect(index.find(searchOf({ limit: 5 }, undefined), NEVER)).rejects.toMatchObject({ code: 'Slow' });
  });

  test('more searches than may wait are refused at once', async () => {
    await fill(1);
    const opened = await open();
    const asked = Array.from({ length: 70 }, () => opened.find(searchOf({ limit: 5 }, undefined), NEVER));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  });

  test('are closed with the index, and whoever still asks is told', async () => {
    await fill(1);
    const opened = await open();
    const asked = Promise.allSettled([opened.find(searchOf({ limit: 5 }, undefined), NEVER)]);
    await opened[Symbol.asyncDispose]();
    await asked;
    await expect(opened.find(searchOf({ limit: 5 }, undefined), NEVER)).rejects.toMatchObject({ code: 'Unavailable' });
  });
});
