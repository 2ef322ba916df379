import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
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
  expect(await of('one').load()).toEqual({});
  await of('one').save(LINES);
  expect(await of('one').load()).toEqual(LINES);
  expect(await of('another').load()).toEqual({});
});

test.each([['{'], ['null'], ['{"ledger":"one"}'], ['{"ledger":"one","lines":{"a":{"Bypass":{"seq":-1}}}}']])(
  'a file that cannot be understood is as none: %s',
  async (text) => {
    await of('one').save(LINES);
    await writeFile(join(directory, 'cursors', 'alarms.told'), text);
    expect(await of('one').load()).toEqual({});
  },
);

test('retention, which waits for each cursors/*.json, does not wait for it', async () => {
  await of('one').save(LINES);
  expect(await readdir(join(directory, 'cursors'))).toEqual(['alarms.told']);
});
