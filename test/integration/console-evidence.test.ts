import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { EvidenceRecord } from '../../src/core/evidence/evidence-record.ts';
import { EvidenceError } from '../../src/ports/evidence-reader.ts';
import { FakeEvidenceReader } from '../../src/ports/fake-evidence-reader.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { evidenceOfRequest } from '../builders/evidence-of-request.ts';
import { startBrowser, visit, type VisitOptions } from '../harness/browser.ts';
import { seriousFindings } from '../harness/browser-axe.ts';
import { type ConsoleHarness, startConsoleServer } from '../harness/console-server.ts';
import { builtConsole, row, sidewaysOverflow, signIn } from '../harness/console-visit.ts';

/** Yesterday: nothing of it is in the future. */
const DAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const PAGE = '/evidence?namespace=prod&since=3d';

let browser: Browser;
let server: ConsoleHarness;
let reader: FakeEvidenceReader;
let folder: string;
let records: readonly EvidenceRecord[];

beforeAll(async () => {
  browser = await startBrowser();
  const text = JSON.stringify([...evidenceOfRequest(), ALARM]).replaceAll('2026-11-20', DAY);
  records = JSON.parse(text) as EvidenceRecord[];
  reader = new FakeEvidenceReader(records);
  // bob may read in prod alone.
  server = await startConsoleServer({
    page: await builtConsole(),
    evidence: reader,
    mayList: (_username, namespace) => namespace === 'prod',
  });
  folder = await mkdtemp(join(tmpdir(), 'sallyport-evidence-page-'));
});

beforeEach(() => {
  [reader.records, reader.failure, reader.behind] = [records, undefined, undefined];
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

const ALARM = {
  seq: 9_000,
  prev: '0'.repeat(64),
  time: '2026-11-20T11:00:00.000Z',
  kind: 'Alarm',
  id: 'alarm/1',
  data: {
    alarm: 'Bypass',
    message: 'eve opened a shell in prod/web-0, and no decision of ours knows of it <b>',
    at: '2026-11-20T11:00:00Z',
    username: 'eve',
    resource: 'pods/exec',
    namespace: 'prod',
    name: 'web-0',
    evidence: ['event/e-<b>9'],
  },
} as const;

const LOOKS: Readonly<Record<string, VisitOptions>> = {
  evidence: { width: 1120, height: 700, bypassCsp: true },
  'evidence-dark': { width: 1120, height: 700, colorScheme: 'dark', bypassCsp: true },
  'evidence-phone': { width: 390, height: 780, bypassCsp: true },
};

test.each(Object.entries(LOOKS))('the page is whole, and nothing about it is serious: %s', async (name, look) => {
  const file = `console-${name}.png`;
  await visit(browser, look, async (page) => {
    await signIn(page, server.url, 'bob', PAGE);
    await row(page, 'Vote').waitFor();
    expect(await page.locator('li.record').count()).toBe(8);
    expect(await sidewaysOverflow(page)).toBeLessThanOrEqual(0);
    expect(await seriousFindings(page)).toEqual([]);
    await page.screenshot({ path: join(folder, file), caret: 'hide' });
  });
  if (process.env['UPDATE_DOCS'] !== '1') return;
  const images = join(repositoryRoot(), 'docs/images');
  await mkdir(images, { recursive: true });
  await copyFile(join(folder, file), join(images, file));
});

test('filters stand in the address; a new record is shown by itself; alarms have a page; what one may not read is told', async () => {
  await visit(browser, { width: 1120, height: 700 }, async (page) => {
    await signIn(page, server.url, 'bob', PAGE);
    await row(page, 'Vote').waitFor();
    await page.getByLabel('Kind').selectOption('Vote');
    await expect.poll(() => page.locator('li.record').count()).toBe(1);
    expect(new URL(page.url()).searchParams.get('kind')).toBe('Vote');
    const [vote] = reader.records.filter(({ kind }) => kind === 'Vote');
    reader.records = [...reader.records, { ...vote, seq: 9_001, id: 'vote/2' } as EvidenceRecord];
    await expect.poll(() => page.locator('li.record').count(), { timeout: 10_000 }).toBe(2);
    await page.getByRole('link', { name: 'Alarms' }).click();
    // All namespaces: bob may not.
    await page.getByRole('alert').filter({ hasText: 'you may not read records here' }).waitFor();
    await page.getByLabel('Namespace').fill('prod');
    await row(page, 'eve opened a shell in prod/web-0, and no decision of ours knows of it <b>').waitFor();
    await row(page, 'proved by event/e-<b>9').waitFor();
    expect(await page.locator('li.record').count()).toBe(1);
  });
});

test('one request is told from the ask to the event of the API server; a decision leads to what it joins', async () => {
  await visit(browser, { width: 1120, height: 900, bypassCsp: true }, async (page) => {
    await signIn(page, server.url, 'bob', PAGE);
    await row(page, 'request Pending').getByRole('link', { name: 'prod/exec-web-0-7f3c1a9e' }).click();
    await page.getByRole('heading', { name: 'Evidence of one request' }).waitFor();
    await expect
      .poll(() => page.locator('li.record .row-what strong').allInnerTexts())
      .toEqual([
        'asked',
        'request Pending',
        'vote Approve',
        'request Approved',
        'allowed',
        'approval used',
        'request Consumed',
        'API server 101 began',
      ]);
    // As fine as it is known: Kubernetes writes the time of a vote in whole seconds.
    expect(await page.locator('.exact').nth(2).innerText()).toBe(`${DAY} 10:02:31`);
    expect(await page.locator('.exact').nth(4).innerText()).toMatch(new RegExp(`^${DAY} 10:\\d{2}:\\d{2}\\.\\d{3}$`));
    expect(await seriousFindings(page)).toEqual([]);
    await row(page, 'allowed').getByRole('link', { name: '9e2b7f10' }).click();
    await page.getByRole('heading', { name: 'Evidence of one decision' }).waitFor();
    await expect.poll(() => page.locator('li.record').count()).toBe(3);
    reader.records = records.filter(({ kind }) => kind !== 'AuditEvent');
    await page.getByText('No event of the API server tells of decision 9e2b7f10 yet').waitFor();
    reader.records = records;
    await row(page, 'API server 101 began').waitFor();
  });
});

test('what is not followed says so; what finds nothing says what it leaves out', async () => {
  await visit(browser, { width: 1120, height: 700 }, async (page) => {
    await signIn(page, server.url, 'bob', '/evidence?namespace=prod&name=nothing');
    await page.getByText('New records appear within seconds.').waitFor();
    await page.getByText('No record fits these filters in the last 24 hours (Since shows more).').waitFor();
    await page.getByText('Events of the API server are found with Kind AuditEvent.').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused: this is as it was.').waitFor();
    const asked = reader.queries.length;
    await page.waitForTimeout(6_000);
    expect(reader.queries.length).toBe(asked);
    await page.getByLabel('Object, by name').fill('');
    await page.getByLabel('Kind').selectOption('AuditEvent');
    await page.getByLabel('Status (403)').fill('101');
    await page.getByLabel('Since').fill('3d');
    await row(page, 'API server 101 began').waitFor();
    await page.getByLabel('Until').fill('2d');
    await page.getByText('No record fits these filters in this time.').waitFor();
  });
});

test('that the index is behind, or nobody answers, is told; what was shown stays', async () => {
  await visit(browser, { width: 1120, height: 700, expected: [/ 503 /] }, async (page) => {
    reader.behind = 4_000;
    await signIn(page, server.url, 'bob', PAGE);
    await page.getByText('4,000 records are kept and cannot be found yet').waitFor();
    reader.failure = new EvidenceError('Unavailable', 'the API of evidence does not answer');
    const old = page.getByRole('alert').filter({ hasText: 'This may be old: the API of evidence does not answer' });
    await old.waitFor();
    expect(await page.locator('li.record').count()).toBeGreaterThan(5);
    reader.failure = undefined;
    await old.waitFor({ state: 'detached' });
  });
});
