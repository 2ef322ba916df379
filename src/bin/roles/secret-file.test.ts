import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSecretFile, SecretFileError } from './secret-file.ts';

let file = '';
beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'sallyport-secret-')), 'token');
});
afterAll(async () => {
  await rm(join(file, '..'), { recursive: true });
});

test.each<[string, text: string, secret: string]>([
  ['a newline at its end is not of it', 'xoxb-1\n', 'xoxb-1'],
  ['a space at its beginning is', ' pass word\r\n', ' pass word'],
])('%s', async (_, text, secret) => {
  await writeFile(file, text);
  expect((await readSecretFile(file)).reveal()).toBe(secret);
});

test.each<[string, text: string]>([
  ['nothing', ''],
  ['white space', ' \n\n'],
  ['another file', 'x'.repeat(16_385)],
])('a file with %s is refused, without a word of what is in it', async (_, text) => {
  await writeFile(file, text);
  const refused = await readSecretFile(file).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SecretFileError);
  expect(refused).toMatchObject({ code: 'SecretFile', message: `${file} holds no secret of 1 to 16384 characters` });
});

test('a file that is not there is an error of the system', async () => {
  await expect(readSecretFile(`${file}-none`)).rejects.toMatchObject({ code: 'ENOENT' });
});
