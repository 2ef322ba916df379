import type { Locator, Page } from 'playwright-core';
import { buildConsole } from '../../tools/console/build.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { achieves } from './achieves.ts';

/** The folder of the page, built of what stands in the sources now. */
export async function builtConsole(): Promise<string> {
  return (await buildConsole(repositoryRoot())).folder;
}

/**
 * Signs in at the provider as somebody would, from a page of the console, and comes back to it.
 *
 * @param path of the console
 */
export async function signIn(page: Page, url: string, login: string, path = '/'): Promise<void> {
  await open(page, `${url}${path}`);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.locator('input[name=login]').fill(login);
  await page.getByRole('button').click();
  await page.locator('.connection.live').waitFor();
}

/** Chromium gives up what it loads when an interface of the machine comes or goes, and each pod of a test has one. */
async function open(page: Page, url: string): Promise<void> {
  await achieves(`${url} to load`, async () => {
    await page.goto(url);
  });
}

/** A request's row in a list, by what it asks for. */
export function row(page: Page, text: string | RegExp): Locator {
  return page.locator('li.row').filter({ hasText: text });
}

/** How far the page reaches beyond the window, in CSS pixels. */
export async function sidewaysOverflow(page: Page): Promise<number> {
  return await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
}

/** What has the focus: its name, or its text. */
export async function focused(page: Page): Promise<string> {
  return await page.evaluate<string>(
    `((element) => (element?.getAttribute('aria-label') ?? element?.innerText ?? '').trim())(document.activeElement)`,
  );
}
