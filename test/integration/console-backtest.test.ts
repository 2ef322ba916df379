import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FakeBacktests } from '../../src/ports/fake-backtests.ts';
import { FakeEvidenceReader } from '../../src/ports/fake-evidence-reader.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { approvalPolicy } from '../builders/approval-policy.ts';
import { backtestReport, policyBacktest } from '../builders/backtest-report.ts';
import { startBrowser, visit, type VisitOptions } from '../harness/browser.ts';
import { seriousFindings } from '../harness/browser-axe.ts';
import { type ConsoleHarness, startConsoleServer } from '../harness/console-server.ts';
import { builtConsole, focused, sidewaysOverflow, signIn } from '../harness/console-visit.ts';

let browser: Browser;
let server: ConsoleHarness;
let backtests: FakeBacktests;
let folder: string;

beforeAll(async () => {
  browser = await startBrowser();
  backtests = new FakeBacktests();
  // bob may read in prod alone; policies he may read.
  server = await startConsoleServer({
    page: await builtConsole(),
    evidence: new FakeEvidenceReader(),
    backtests,
    policies: [approvalPolicy({}, 'production'), approvalPolicy({}, 'shells')],
    mayDo: (_username, resource, namespace) => resource === 'approvalpolicies' || namespace === 'prod',
  });
  folder = await mkdtemp(join(tmpdir(), 'sallyport-backtest-page-'));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

const PROGRESS = { type: 'Progress', events: 12_000, bytes: 25, totalBytes: 100 } as const;

beforeEach(() => {
  backtests.calls.length = 0;
  backtests.go = undefined;
  backtests.news = [PROGRESS, { type: 'Report', report: backtestReport(), ofOneLedger: false }];
});

async function chosen(page: Page): Promise<void> {
  await signIn(page, server.url, 'bob', '/backtest');
  // All namespaces: bob may not.
  await page.getByRole('alert').filter({ hasText: 'you may not try policies on the records here' }).waitFor();
  expect(await page.getByRole('button', { name: 'Try it' }).isDisabled()).toBe(true);
  await page.getByLabel('Namespace').fill('prod');
  await page.getByRole('option', { name: 'production' }).waitFor({ state: 'attached' });
}

const LOOKS: Readonly<Record<string, VisitOptions>> = {
  backtest: { width: 1120, height: 980, bypassCsp: true },
  'backtest-dark': { width: 1120, height: 980, colorScheme: 'dark', bypassCsp: true },
  'backtest-phone': { width: 360, height: 780, bypassCsp: true },
};

test.each(Object.entries(LOOKS))('a policy is tried, and nothing about the page is serious: %s', async (name, look) => {
  const file = `console-${name}.png`;
  await visit(browser, look, async (page) => {
    await chosen(page);
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('It would have held 67 and refused 2; of 6 more the events do not tell.').waitFor();
    expect(await page.locator('.plot g').count()).toBe(7);
    expect(await page.locator('.plot rect.held').count()).toBe(6);
    await page.getByText('The numbers by day').click();
    const days = page.getByRole('region', { name: 'By day' });
    expect(await days.getByRole('row').count()).toBe(8);
    expect(await days.getByRole('row').nth(6).innerText()).toMatch(/^2026-11-19\s+18\s+0\s+2$/);
    expect(await seriousFindings(page)).toEqual([]);
    expect(await sidewaysOverflow(page)).toBeLessThanOrEqual(0);
    await page.getByText('The numbers by day').click();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.screenshot({ path: join(folder, file), caret: 'hide' });
  });
  expect(backtests.calls).toMatchObject([{ namespace: 'prod', manifests: [{ from: 'the cluster' }] }]);
  if (process.env['UPDATE_DOCS'] !== '1') return;
  const images = join(repositoryRoot(), 'docs/images');
  await mkdir(images, { recursive: true });
  await copyFile(join(folder, file), join(images, file));
});

test('one that somebody writes is tried; its problems are told, and what is foreign in the report stays text', async () => {
  await visit(browser, {}, async (page) => {
    await chosen(page);
    await page.getByLabel('Policy').selectOption('one that I write …');
    const yaml = page.getByLabel('ApprovalPolicy, as YAML');
    await yaml.fill('kind: ApprovalPolicy');
    backtests.news = [
      { type: 'Refused', problems: ['what you wrote: ApprovalPolicy <img src=x> is refused: spec: is missing'] },
    ];
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByRole('alert').getByText('ApprovalPolicy <img src=x> is refused: spec: is missing').waitFor();
    expect(await yaml.inputValue()).toBe('kind: ApprovalPolicy');
    const action = { name: 'exec <script>alert(1)</script>\u{202e} on pods', held: 1, refused: 0, unknown: 0 };
    const report = backtestReport([policyBacktest({ actions: [action] })]);
    backtests.news = [{ type: 'Report', report, ofOneLedger: true }];
    await page.getByLabel('Days').selectOption('the last 90 days');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('exec <script>alert(1)</script>\\u{202e} on pods').waitFor();
    await page.getByText('this is of the one that answered').waitFor();
    const [, call] = backtests.calls;
    expect(call?.manifests).toEqual([{ from: 'what you wrote', text: 'kind: ApprovalPolicy' }]);
    expect((Date.now() - Date.parse(call?.since ?? '')) / 86_400_000).toBeCloseTo(90, 1);
  });
});

test('while it runs it says how far it is; it is called off by a button, and by leaving the page', async () => {
  backtests.go = new Promise(() => undefined);
  await visit(browser, {}, async (page) => {
    await chosen(page);
    for (const [index, leave] of [
      () => page.getByRole('button', { name: 'Cancel' }).click(),
      () => page.getByRole('link', { name: 'Evidence' }).click(),
    ].entries()) {
      const before = backtests.ended;
      await page.getByRole('button', { name: 'Try it' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('12,000 records read').waitFor();
      expect(await page.getByRole('progressbar', { name: 'Progress' }).getAttribute('value')).toBe('25');
      await leave();
      await expect.poll(() => backtests.ended).toBe(before + 1);
      if (index === 0) await page.getByRole('button', { name: 'Try it' }).waitFor();
    }
    expect(await focused(page)).toBe('Evidence');
  });
});
