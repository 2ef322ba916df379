import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { repositoryRoot } from '../cluster/profiles.ts';
import { buildConsole } from './build.ts';

let folder: string;
let files: string[];

beforeAll(async () => {
  ({ folder } = await buildConsole(repositoryRoot()));
  files = globSync('**/*.*', { cwd: folder }).toSorted();
});

const text = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');

test('what has been built of the same sources is not built again', async () => {
  expect((await buildConsole(repositoryRoot())).files).toBeUndefined();
});

test('there is a page, a script, a style and a picture, with a hash in each name but the first', () => {
  expect(files.map((file) => file.replace(/-[\w-]{8}\./, '-HASH.')).toSorted()).toEqual([
    'assets/icon-HASH.svg',
    'assets/index-HASH.css',
    'assets/index-HASH.js',
    'index.html',
  ]);
});

test('nothing in the page stands inline: its policy allows no such script and no such style', async () => {
  const html = await text('index.html');
  expect(html.match(/<script[^>]*>/g)).toEqual([expect.stringContaining('src="/assets/')]);
  expect(html).not.toMatch(/<style|style=|\son\w+=|javascript:|data:/i);
});

test('nothing is loaded from elsewhere, and no text can become markup', async () => {
  const all = (await Promise.all(files.map(text))).join('\n');
  const addresses = [...all.matchAll(/\b(?:https?:)?\/\/[\w.-]+\.[a-z]{2,}[\w./-]*/g)].map(([address]) => address);
  expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
  const sources = globSync('src/console/client/**/*.{ts,tsx}', { cwd: repositoryRoot() });
  const written = await Promise.all(sources.map((file) => readFile(join(repositoryRoot(), file), 'utf8')));
  expect(written.join('\n')).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
  );
});

/** A page that is opened in an incident on a phone. */
const MOST_BYTES = 40_000;

test('all of it is small', async () => {
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await text(file)).length));
  expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThan(MOST_BYTES);
});
