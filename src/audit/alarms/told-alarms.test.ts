import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { unsureDisk } from '../../../test/builders/unsure-disk.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { nodeDisk } from '../ledger/node-disk.ts';
import { createToldAlarms } from './told-alarms.ts';

let directory = '';
beforeEach(async () => {
  directory = await testFolder();
});

const of = (ledger: string) => createToldAlarms({ directory, ledger, disk: nodeDisk });
const LINES = { 'Slack #security': { Bypass: { seq: 3, until: 9, at: 17 }, Loss: { seq: 12 } } };

test('how far destinations were told outlives the process, and belongs to one ledger', async () => {
  expect(await of('one').load()).toEqual({ type: 'None' });
  await of('one').save(LINES);
  expect(await of('one').load()).toEqual({ type: 'Known', lines: LINES });
  expect(await of('another').load()).toMatchObject({ type: 'Unreadable' });
});

test.each([['{'], ['null'], ['{"ledger":"one"}'], ['{"ledger":"one","lines":{"a":{"Bypass":{"seq":-1}}}}']])(
  'a file that cannot be understood is not taken for none: %s',
  async (text) => {
    await of('one').save(LINES);
    await writeFile(join(directory, 'cursors', 'alarms.told'), text);
    expect(await of('one').load()).toMatchObject({ type: 'Unreadable' });
  },
);

test('nor is one that cannot be read', async () => {
  const path = join(directory, 'cursors', 'alarms.told');
  await mkdir(path, { recursive: true });
  expect(await of('one').load()).toMatchObject({ type: 'Unreadable', error: { code: 'NotAFile' } });
  await rm(path, { recursive: true });
  await writeFile(path, ' '.repeat(100_000));
  expect(await of('one').load()).toMatchObject({ type: 'Unreadable', error: { name: 'RangeError' } });
});

test.each(['open to Create', 'write', 'sync', 'rename'])(
  'a disk that is full leaves what was there, whole: at %s',
  async (place) => {
    await of('one').save(LINES);
    const full = unsureDisk(nodeDisk, async (when, what) => {
      if (what === place && when === (place === 'write' ? 'within' : 'before')) throw new Error('ENOSPC');
      await Promise.resolve();
    });
    const another = { 'Slack #security': { Bypass: { seq: 4_000_000 } } };
    const told = createToldAlarms({ directory, ledger: 'one', disk: full });
    await expect(told.save(another)).rejects.toThrow('ENOSPC');
    expect(await of('one').load()).toEqual({ type: 'Known', lines: LINES });
    await of('one').save(another);
    expect(await of('one').load()).toEqual({ type: 'Known', lines: another });
  },
);

test('retention, which waits for each cursors/*.json, does not wait for it', async () => {
  await of('one').save(LINES);
  expect(await readdir(join(directory, 'cursors'))).toEqual(['alarms.told']);
});
