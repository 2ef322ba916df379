import { createHash } from 'node:crypto';
import { readFile, readdir, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { ledgerDeps, ledgerOptions, newSigningKey, useSubmission } from '../../../test/builders/ledger.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { type LedgerDeps, type LedgerOptions, openLedger } from './open-ledger.ts';

let directory = '';
const clock = new FakeClock();
const key = newSigningKey();
beforeEach(async () => {
  directory = await testFolder();
});

const submission = (id: string) => useSubmission(id);

function open(more: Partial<LedgerOptions> = {}, deps: Partial<LedgerDeps> = {}) {
  return openLedger(ledgerOptions(directory, more), ledgerDeps(clock, { key, ...deps }));
}

const ALL = { records: 1000, bytes: 1e6 };

describe('a ledger', () => {
  test('keeps what it is given in one chain, over a restart', async () => {
    {
      await using ledger = await open();
      const [first] = await ledger.append([submission('a')]);
      const both = await Promise.all([ledger.append([submission('b')]), ledger.append([submission('c')])]);
      expect(first).toBe(2);
      expect(both).toEqual([[3], [4]]);
    }
    await using again = await open();
    expect(await again.append([submission('d')])).toEqual([5]);
    const records = await again.read(0, ALL);
    expect(records.map(({ record }) => record.id)).toEqual(['segment/1', 'use/a', 'use/b', 'use/c', 'use/d']);
    const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.ndjson'));
    const lines = (await readFile(join(directory, file), 'utf8')).split('\n');
    expect(lines.pop()).toBe('');
    let prev = '0'.repeat(64);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ prev });
      prev = createHash('sha256').update(line).digest('hex');
    }
    expect(again.head()).toEqual({ seq: 5, hash: prev });
  });

  test('keeps a thing once, however often it is told, over a restart too', async () => {
    {
      await using ledger = await open();
      expect(await ledger.append([submission('a')])).toEqual([2]);
      expect(await ledger.append(['a', 'b', 'c', 'c', 'b'].map(submission))).toEqual([2, 3, 4, 4, 3]);
      expect(await ledger.append(['c', 'd', 'b', 'd'].map(submission))).toEqual([4, 5, 3, 5]);
    }
    await using again = await open();
    expect(await again.append(['b', 'd'].map(submission))).toEqual([3, 5]);
    expect(again.head()?.seq).toBe(5);
  });

  test('cuts off what a crash left behind the last whole record', async () => {
    {
      await using ledger = await open();
      await ledger.append([submission('a')]);
    }
    const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.ndjson'));
    await appendFile(join(directory, file), '{"seq":3,"prev":"');
    await using again = await open();
    await again.append([submission('b')]);
    expect((await again.read(1, ALL)).map(({ record }) => record.id)).toEqual(['use/a', 'use/b']);
  });

  test('belongs to one process', async () => {
    await using ledger = await open();
    expect(ledger.head()?.seq).toBe(1);
    await expect(open()).rejects.toMatchObject({ code: 'DirectoryLocked' });
  });

  test('refuses what is too long, and keeps the rest', async () => {
    await using ledger = await open({ recordBytes: 200 });
    await expect(ledger.append([submission('x'.repeat(200))])).rejects.toMatchObject({ code: 'Rejected' });
    await expect(ledger.append([submission('a b')])).rejects.toMatchObject({ code: 'Rejected' });
    await ledger.append([submission('a')]);
    expect(ledger.head()?.seq).toBe(2);
  });

  test('is busy where too much waits', async () => {
    await using ledger = await open({ queue: { records: 2, bytes: 1e6, groupBytes: 1e6 } });
    const results = await Promise.allSettled(['a', 'b', 'c'].map((id) => ledger.append([submission(id)])));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(results[2]).toMatchObject({ reason: { code: 'Busy' } });
  });

  test('tells of each commit, and reads from where one is, within bounds', async () => {
    await using ledger = await open();
    let told = 0;
    const stop = ledger.onCommitted(() => (told += 1));
    await ledger.append(['a', 'b', 'c'].map(submission));
    expect(told).toBe(1);
    expect((await ledger.read(1, { records: 2, bytes: 1e6 })).map(({ seq }) => seq)).toEqual([2, 3]);
    expect((await ledger.read(3, { records: 2, bytes: 1 })).map(({ seq }) => seq)).toEqual([4]);
    expect(await ledger.read(4, ALL)).toEqual([]);
    stop();
    await ledger.append([submission('d')]);
    expect(told).toBe(1);
  });
});
