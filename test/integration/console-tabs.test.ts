import { afterAll, beforeAll, expect, test } from 'vitest';
import { visit } from '../harness/browser.ts';
import { type ConsoleInBrowser, consoleInBrowser } from '../harness/console-in-browser.ts';
import { signIn } from '../harness/console-visit.ts';

let started: ConsoleInBrowser;

beforeAll(async () => {
  started = await consoleInBrowser();
});

afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

test('whoever signs out in one tab has signed out in the others, at once', async () => {
  const { browser, server } = started;
  await visit(
    browser,
    { expected: [/status of 401/, /net::ERR_(NAME_NOT_RESOLVED|INTERNET_DISCONNECTED)/] },
    async (page) => {
      await signIn(page, server.url, 'bob');
      const other = await page.context().newPage();
      await other.goto(server.url);
      await other.locator('.connection.live').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      // Sooner than the stream would find it out (15 s).
      await other.getByRole('heading', { name: 'Your session has ended' }).waitFor({ timeout: 8_000 });
      expect(await other.locator('body').innerText()).not.toContain('web-0');
    },
  );
});
