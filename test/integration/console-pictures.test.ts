import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { digestOf } from '../../src/core/attributes/digest.ts';
import { summarise } from '../../src/core/attributes/summary.ts';
import { sampleRequests } from '../builders/console-requests.ts';
import { startBrowser, visit, type VisitOptions } from '../harness/browser.ts';
import { type ConsoleHarness, startConsoleServer } from '../harness/console-server.ts';
import { builtConsole, row, signIn } from '../harness/console-visit.ts';

/** One is too long for a line, so that a picture has what was and what will be one below the other. */
const LONG_CHANGES = [
  { path: '/spec/replicas', old: '3', new: '30' },
  {
    path: '/spec/template/spec/containers/0/image',
    old: '"registry.example.com/shop/web:2026-11-07@sha256:1f0c"',
    new: '"registry.example.com/shop/web:2026-11-21@sha256:9d2e"',
  },
];

let browser: Browser;
let server: ConsoleHarness;
let folder: string;

beforeAll(async () => {
  browser = await startBrowser();
  // What is full of markup shows nothing in a picture but that.
  const plain = sampleRequests(Date.now()).filter(({ spec }) => spec.ticket?.includes('<') !== true);
  const requests = plain.map(({ spec, ...request }) => {
    const action = spec.action.resource === 'deployments' ? { ...spec.action, changes: LONG_CHANGES } : spec.action;
    return { ...request, spec: { ...spec, action, digest: digestOf(action), summary: summarise(action) } };
  });
  server = await startConsoleServer({ requests, page: await builtConsole(), mayList: () => true });
  folder = await mkdtemp(join(tmpdir(), 'sallyport-pictures-'));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

async function toRequest(page: Page, text: string): Promise<void> {
  await row(page, text).getByRole('link').click();
  await page.locator('.facts').waitFor();
}

const WINDOW: VisitOptions = { width: 1120, height: 700 };

const PICTURES: Readonly<Record<string, { look: VisitOptions; to: (page: Page) => Promise<void> }>> = {
  inbox: { look: WINDOW, to: (page) => row(page, 'disk is full').waitFor() },
  request: { look: WINDOW, to: (page) => toRequest(page, 'release of the evening') },
  approve: {
    look: WINDOW,
    to: async (page) => {
      await toRequest(page, 'release of the evening');
      await page.getByRole('button', { name: 'Approve …' }).click();
      await page.getByLabel('Reason').fill('Seen with the release notes.');
    },
  },
  phone: { look: { width: 390, height: 780 }, to: (page) => toRequest(page, 'disk is full') },
  dark: { look: { ...WINDOW, colorScheme: 'dark' }, to: (page) => toRequest(page, 'release of the evening') },
};

/** Even colour compresses to next to nothing; what has letters on it does not. */
const BLANK_BYTES = 12_000;

test.each(Object.entries(PICTURES))('a picture for the documentation: %s', async (name, { look, to }) => {
  const file = `console-${name}.png`;
  await visit(browser, look, async (page) => {
    await signIn(page, server.url, 'bob');
    await to(page);
    const bytes = await page.screenshot({ path: join(folder, file), caret: 'hide' });
    expect(bytes.length).toBeGreaterThan(BLANK_BYTES);
  });
  if (process.env['UPDATE_DOCS'] !== '1') return;
  const images = join(repositoryRoot(), 'docs/images');
  await mkdir(images, { recursive: true });
  await copyFile(join(folder, file), join(images, file));
});
