import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { warnOfOpenFile } from './warn-of-open-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'open-file-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test.each([
  [0o600, []],
  [0o440, []],
  [0o644, ['0644']],
  [0o606, ['0606']],
])('a key file of mode %o', async (mode, told) => {
  const path = join(folder, 'key.pem');
  await writeFile(path, 'key');
  await chmod(path, mode);
  const lines: object[] = [];
  await warnOfOpenFile('audit.ledger.keyFile', path, { warn: (fields) => void lines.push(fields) });
  expect(lines).toEqual(told.map((each) => ({ option: 'audit.ledger.keyFile', path, mode: each })));
});

test('of no file, and of one that is not there, nothing is said', async () => {
  const lines: object[] = [];
  const log = { warn: (fields: object) => void lines.push(fields) };
  await warnOfOpenFile('audit.ledger.keyFile', undefined, log);
  await warnOfOpenFile('audit.ledger.keyFile', join(folder, 'none'), log);
  expect(lines).toEqual([]);
});
