import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import { type ConsoleHarness, startConsoleServer } from '../../../test/harness/console-server.ts';
import { readPageFiles } from './page-files.ts';

let folder = '';
let console_: ConsoleHarness;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-page-'));
  const page = join(folder, 'page');
  await mkdir(join(page, 'assets'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(page, 'index.html'), '<!doctype html><title>Sallyport</title>');
  await writeFile(join(page, 'icon.svg'), '<svg/>');
  await writeFile(join(page, 'assets', 'main-Dk3f9aQ2.js'), 'export {}');
  await writeFile(join(page, 'assets', 'main-Dk3f9aQ2.js.map'), '{}');
  await writeFile(join(page, '.env'), 'secret');
  await symlink(join(folder, 'secret.txt'), join(page, 'link.txt'));
  console_ = await startConsoleServer({ page });
});
afterAll(async () => {
  await console_[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const ask = async (path: string, headers = {}) => await new HttpBrowser().ask(`${console_.url}${path}`, { headers });

describe('the page', () => {
  test.each([
    '/',
    '/?view=mine',
    '/requests',
    '/requests/prod/exec-web-0-7f3c1a9e',
    '/requests/prod/x?y=//z',
    '/backtest',
    '/evidence?kind=Alarm',
  ])('stands at %s', async (path) => {
    const page = await ask(path);
    expect([page.status, page.headers['content-type'], page.headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    expect(page.text).toContain('<title>Sallyport');
  });

  test('has files that never change under their names', async () => {
    const page = await ask('/assets/main-Dk3f9aQ2.js');
    expect(page).toMatchObject({ status: 200, text: 'export {}' });
    expect(page.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
  });

  test('is not sent again to whoever has it', async () => {
    const { etag = '' } = (await ask('/')).headers;
    const page = await ask('/', { 'if-none-match': etag });
    expect([page.status, page.text]).toEqual([304, '']);
  });
});

describe('nothing else is served', () => {
  test.each([
    '/secret.txt',
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/..\\secret.txt',
    '//etc/passwd',
    '/assets/%00main-Dk3f9aQ2.js',
    '/link.txt',
    '/.env',
    '/assets/main-Dk3f9aQ2.js.map',
    '/assets',
    '/assets/',
    '/requests/prod/x/y',
    '/__proto__',
    '/constructor',
  ])('%s', async (path) => {
    const page = await ask(path);
    expect([page.status, page.headers['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
  });
});

test('whoever looks with a browser is told so in a page', async () => {
  const page = await ask('/nosuchpage', { accept: 'text/html,*/*;q=0.8' });
  expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
  expect(page.text).toContain('There is no such page');
});

test('where it was not built, the page says so, and the rest works', async () => {
  await using bare = await startConsoleServer();
  const page = await new HttpBrowser().ask(`${bare.url}/`);
  expect([page.status, JSON.parse(page.text)]).toMatchObject([503, { code: 'NotBuilt' }]);
  expect(await readPageFiles(join(folder, 'nothing'))).toEqual(new Map());
});
