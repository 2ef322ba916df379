import { afterAll, beforeAll, expect, test } from 'vitest';
import { visit } from '../harness/browser.ts';
import { type ConsoleInBrowser, consoleInBrowser } from '../harness/console-in-browser.ts';
import { row, signIn } from '../harness/console-visit.ts';

let started: ConsoleInBrowser;

beforeAll(async () => {
  started = await consoleInBrowser();
});

afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

test('with the API server away the page says since when it is out of date, and nothing that is false', async () => {
  const { browser, server } = started;
  await visit(browser, {}, async (page) => {
    await signIn(page, server.url, 'bob');
    await row(page, 'INC-4711: disk is full').waitFor();
    const { people } = server;
    server.freshAt = Date.now() - 15_000;
    server.people = undefined;
    await page.getByRole('alert').getByText('Sallyport cannot reach the API server').waitFor();
    await page.locator('.connection.outofdate').waitFor();
    await row(page, 'INC-4711: disk is full').waitFor();
    // One that is opened now knows as little more.
    await page.reload();
    await page.getByText('nobody can vote here until it can').waitFor();
    await row(page, 'INC-4711: disk is full').waitFor();
    const text = await page.locator('body').innerText();
    expect(text).not.toContain('Nothing waits for you');
    expect(text).not.toContain('does not know who you are');
    expect(text).not.toMatch(/\bLive\b/);
    server.freshAt = undefined;
    server.people = people;
    await page.locator('.connection.live').waitFor();
    await page.getByText('nobody can vote here until it can').waitFor({ state: 'detached' });
    expect(await page.getByText('cannot reach the API server').count()).toBe(0);
  });
});
