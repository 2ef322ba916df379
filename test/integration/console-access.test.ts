import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalRequest } from '../../src/core/api/kinds.ts';
import { sampleRequest, sampleRequests } from '../builders/console-requests.ts';
import { execAction } from '../builders/exec-action.ts';
import { startBrowser, visit, type VisitOptions } from '../harness/browser.ts';
import { seriousFindings } from '../harness/browser-axe.ts';
import { type ConsoleHarness, startConsoleServer } from '../harness/console-server.ts';
import { builtConsole, focused, row, sidewaysOverflow, signIn } from '../harness/console-visit.ts';

const EXEC = '/requests/prod/exec-web-0-7f3c1a9e';
const HOSTILE = '/requests/prod/exec-web-0-33333333';

let browser: Browser;
let server: ConsoleHarness;

beforeAll(async () => {
  browser = await startBrowser();
  server = await startConsoleServer({
    requests: [...sampleRequests(Date.now()), longWords()],
    page: await builtConsole(),
    mayList: (username) => username === 'carol' || username === 'bob',
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await browser.close();
});

/** Nowhere in it is there a place to break a line. */
function longWords(): ApprovalRequest {
  const word = 'w'.repeat(400);
  const spec = {
    action: execAction([word, word], { container: 'web' }),
    summary: { action: word, target: word },
    requester: { username: word, person: word, class: 'Human' as const },
    reason: word,
    ticket: word,
  };
  return sampleRequest({ name: 'exec-long-words', minutesAgo: 1, spec }, Date.now());
}

/** Every page, and every dialog over one. */
const PAGES: Readonly<Record<string, { path: string; open?: (page: Page) => Promise<void> }>> = {
  inbox: { path: '/' },
  'own requests': { path: '/requests?view=mine' },
  'all requests': { path: '/requests' },
  'a list without a request': { path: '/requests?q=nothing-is-called-so' },
  'a request': { path: EXEC },
  'a request full of markup': { path: HOSTILE },
  'a request of long words': { path: '/requests/prod/exec-long-words' },
  'the change of an object': { path: '/requests/prod/update-deployments-web-11111111' },
  'the action as it is stored': {
    path: EXEC,
    open: (page) => page.getByText('The action as it is stored').click(),
  },
  'the question before a vote': {
    path: EXEC,
    open: async (page) => {
      await page.getByRole('button', { name: 'Deny …' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click();
    },
  },
  'the keys': { path: '/', open: (page) => page.keyboard.press('?') },
  'a request that is not there': { path: '/requests/prod/gone' },
};

async function open(page: Page, { path, open }: { path: string; open?: (page: Page) => Promise<void> }): Promise<void> {
  await page.goto(server.url + path);
  await page.locator('.connection.live').waitFor();
  await page.locator('main h1').waitFor();
  await page.locator('main [aria-busy=true]').waitFor({ state: 'detached' });
  await open?.(page);
}

/** A dozen pages, each with all the rules of axe, on a machine that does something else besides. */
const MANY_PAGES_MS = 180_000;

describe('axe finds nothing serious or critical', () => {
  const looks: readonly VisitOptions[] = [
    { colorScheme: 'light' },
    { colorScheme: 'dark' },
    { width: 360, height: 740 },
  ];
  test.each(looks)(
    'on any page, at %o',
    async (look) => {
      await visit(browser, { ...look, bypassCsp: true }, async (page) => {
        await page.goto(server.url);
        await page.getByRole('link', { name: 'Sign in' }).waitFor();
        const found = { 'signed out': await seriousFindings(page) } as Record<string, string[]>;
        await signIn(page, server.url, 'carol');
        for (const [name, one] of Object.entries(PAGES)) {
          await open(page, one);
          found[name] = await seriousFindings(page);
        }
        expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
      });
    },
    MANY_PAGES_MS,
  );
});

test(
  'at the width of a phone no page moves sideways',
  async () => {
    await visit(browser, { width: 360, height: 740 }, async (page) => {
      // Not the one of the test before: a person is answered so many lists in a minute, and no more.
      await signIn(page, server.url, 'bob');
      const found: Record<string, number> = {};
      for (const [name, one] of Object.entries(PAGES)) {
        await open(page, one);
        found[name] = await sidewaysOverflow(page);
      }
      expect(found).toEqual(Object.fromEntries(Object.keys(PAGES).map((name) => [name, 0])));
    });
  },
  MANY_PAGES_MS,
);

test('everything can be done by keyboard alone, and it shows where one is', async () => {
  await visit(browser, {}, async (page) => {
    await signIn(page, server.url, 'bob');
    const { keyboard } = page;
    await row(page, 'INC-4711: disk is full').waitFor();

    await keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    await keyboard.press('Enter');
    await keyboard.press('j');
    const first = await focusedLink(page);
    await keyboard.press('j');
    expect(await focusedLink(page)).not.toBe(first);
    await keyboard.press('k');
    expect(await focusedLink(page)).toBe(first);
    const outline = `getComputedStyle(document.activeElement, '::after').outlineStyle`;
    expect(await page.evaluate(outline)).toBe('solid');

    await keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await keyboard.press('Escape');
    expect(await focusedLink(page)).toBe(first);

    await row(page, 'INC-4711: disk is full').getByRole('link').focus();
    await keyboard.press('Enter');
    await page.getByRole('button', { name: 'Approve …' }).waitFor();
    expect(await focused(page)).toMatch(/^alice: /);
    expect(await tabTo(page, 'Deny …')).toBe(true);
    await keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('Deny …');

    await page.goBack();
    await row(page, 'INC-4711: disk is full').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.closest("li")?.innerText')).toContain('INC-4711');
  });
});

async function focusedLink(page: Page): Promise<string | null> {
  return await page.evaluate<string | null>(`document.activeElement.getAttribute('href')`);
}

/** Presses Tab until the named thing has the focus, as often as there could be things. */
async function tabTo(page: Page, name: string): Promise<boolean> {
  for (let index = 0; index < 40; index += 1) {
    await page.keyboard.press('Tab');
    if ((await focused(page)) === name) return true;
  }
  return false;
}

test('single keys can be turned off, and stay off', async () => {
  await visit(browser, {}, async (page) => {
    await signIn(page, server.url, 'bob');
    await row(page, 'INC-4711: disk is full').waitFor();
    await page.getByRole('button', { name: 'Keys' }).click();
    await page.getByRole('checkbox').uncheck();
    await page.reload();
    await row(page, 'INC-4711: disk is full').waitFor();
    await page.keyboard.press('?');
    await page.keyboard.press('j');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
  });
});

test('nothing moves for who has asked for that', async () => {
  const durations = `new Set([...document.querySelectorAll('*')].map((e) => getComputedStyle(e).transitionDuration)).size`;
  await visit(browser, { reducedMotion: 'reduce' }, async (page) => {
    await signIn(page, server.url, 'bob');
    await row(page, 'INC-4711: disk is full').waitFor();
    expect(await page.evaluate(durations)).toBe(1);
  });
});

describe('markup in every text of a request', () => {
  test.each(['/', '/requests', HOSTILE])('stays text on %s', async (path) => {
    await visit(browser, {}, async (page) => {
      const dialogs: string[] = [];
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      await signIn(page, server.url, 'carol', path);
      await page.getByText('<img src=x onerror=').first().waitFor();
      if (path === HOSTILE) {
        await page.getByText('The action as it is stored').click();
        await page.getByRole('button', { name: 'Approve …' }).click();
      }
      expect(await page.locator('#page :is(img, script, iframe, object, embed, base, meta, style)').count()).toBe(0);
      const text = await page.locator('body').innerText();
      expect(text).toContain(`</script><script>alert('\\u{202e}txt')</script>\\u{200b}{{7*7}}`);
      expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f]/);
      const links = await page.locator('a').evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? ''));
      expect(links.filter((href) => !/^(\/|#content$)/.test(href) || href.startsWith('//'))).toEqual([]);
      expect(await page.title()).not.toMatch(/[\u202a-\u202e\u200b]/);
      expect(dialogs).toEqual([]);
    });
  });
});

test('the page runs under a policy without any inline script or style, and loads nothing from elsewhere', async () => {
  await visit(browser, {}, async (page) => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    const answer = await page.goto(server.url);
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    const policy = answer?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
    expect(new Set(asked)).toEqual(new Set([server.url]));
  });
});
