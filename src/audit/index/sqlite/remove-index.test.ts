import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../../../../test/harness/test-folder.ts';
import { removeIndex } from './remove-index.ts';

test('an index that is removed takes its own files with it, and nothing else that stands there', async () => {
  const directory = await testFolder();
  await mkdir(join(directory, 'ledger'));
  const own = ['2026-11-01.sqlite', '2026-11-02.sqlite', '2026-11-02.sqlite-wal', '2026-11-02.sqlite-shm'];
  const others = ['00000000000000000001.ndjson', 'head.json', '2026-11-01.sqlite.bak', 'notes.sqlite'];
  for (const name of [...own, ...others, 'ledger/00000000000000000001.ndjson'])
    await writeFile(join(directory, name), 'x');
  await removeIndex(directory);
  expect((await readdir(directory)).toSorted()).toEqual([...others, 'ledger'].toSorted());
  expect(await readdir(join(directory, 'ledger'))).toHaveLength(1);
});
