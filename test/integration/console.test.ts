import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { policyTerms } from '../builders/approval-policy.ts';
import { sampleRequest, sampleRequests } from '../builders/console-requests.ts';
import { startBrowser, visit, type VisitOptions } from '../harness/browser.ts';
import { type ConsoleHarness, type ConsoleHarnessOptions, startConsoleServer } from '../harness/console-server.ts';
import { builtConsole, focused, row, signIn } from '../harness/console-visit.ts';

const EXEC = '/requests/prod/exec-web-0-7f3c1a9e';

let browser: Browser;
let page: string;
let server: ConsoleHarness;

async function serve(options: ConsoleHarnessOptions = {}): Promise<void> {
  server = await startConsoleServer({
    requests: sampleRequests(Date.now()),
    page,
    mayList: (username) => username === 'carol',
    ...options,
  });
}

beforeAll(async () => {
  [browser, page] = await Promise.all([startBrowser(), builtConsole()]);
});

afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  await serve();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

const look = (see: (page: Page) => Promise<void>, options: VisitOptions = {}): Promise<void> =>
  visit(browser, options, see);

/** A request of alice's that has just been made. */
function another(name: string, reason: string, uid = `uid-of-${name}`) {
  const like = sampleRequests(Date.now()).find(({ spec }) => spec.reason?.startsWith('INC-4711'));
  if (like === undefined) throw new Error('there is no such sample');
  const request = sampleRequest({ name, minutesAgo: 0, spec: { ...like.spec, reason } }, Date.now());
  return { ...request, metadata: { ...request.metadata, uid } };
}

describe('signing in', () => {
  test('leads back to the page that was asked for, and shows what waits', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'bob', EXEC);
      expect(page.url()).toBe(server.url + EXEC);
      await page.getByRole('link', { name: 'Waiting for you' }).click();
      await row(page, 'INC-4711: disk is full').waitFor();
      expect(await page.title()).toMatch(/^\(\d+\) Waiting for you · Sallyport$/);
      await page.getByRole('heading', { name: 'Break-glass uses that nobody has looked at yet' }).waitFor();
    });
  });

  test('of somebody whom nobody knows lets them look and says why they cannot vote', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'dave');
      await page.getByText('you may look, but not vote').waitFor();
      expect(await page.locator('li.row').count()).toBe(0);
    });
  });

  test('out ends the session at the provider too, and shows nothing of the cluster any more', async () => {
    const leave = async (page: Page): Promise<void> => {
      await signIn(page, server.url, 'bob', EXEC);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL(`${server.provider.issuer}/**`);
      await page.getByRole('button', { name: /yes/i }).click();
      await page.getByRole('heading', { name: 'Sign in to Sallyport' }).waitFor();
      expect(page.url()).toBe(`${server.url}/`);
      expect(await page.locator('body').innerText()).not.toContain('web-0');
    };
    // The provider's own page asks for a font of somebody else's.
    await look(leave, { expected: [/net::ERR_(NAME_NOT_RESOLVED|INTERNET_DISCONNECTED)/] });
  });
});

describe('a vote', () => {
  test('is asked for once more, and is for the uid and the digest that were shown', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'bob');
      await row(page, 'INC-4711: disk is full').getByRole('link').click();
      await page.getByRole('button', { name: 'Approve …' }).click();
      const dialog = page.getByRole('dialog', { name: 'Approve exactly this?' });
      expect(await dialog.getByRole('region', { name: 'Command' }).innerText()).toContain('ls -la /var/log');
      await dialog.getByLabel('Reason').fill('  looks fine ');
      await dialog.getByRole('button', { name: 'Approve' }).click();
      await page.getByText('You approved it. The request is now Approved.').waitFor();
      expect(await page.locator('.standing').innerText()).toContain('Approved');
      expect(await focused(page)).toMatch(/^alice: /);
      await page.getByText('bob approved by Console: looks fine').waitFor();
    });
    const [act] = server.acts.asked;
    const request = server.requests.get('prod/exec-web-0-7f3c1a9e');
    expect(act).toMatchObject({ decision: 'Approve', reason: 'looks fine' });
    expect(act?.request).toMatchObject({ uid: request?.metadata.uid, digest: request?.spec.digest });
  });

  test('on an own request is not possible, and the page says why', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'alice', EXEC);
      const refusals = page.locator('.refusals');
      const refused = refusals.locator('li').filter({ has: page.getByRole('button', { name: 'Approve' }) });
      expect(await refused.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true);
      expect(await refused.innerText()).toMatch(/own request|requester|asked for/i);
      await page.getByRole('button', { name: 'Cancel request …' }).waitFor();
    });
  });

  test('that the server refuses shows its words and keeps what was typed', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'bob', EXEC);
      await page.getByRole('button', { name: 'Approve …' }).click();
      await page.getByLabel('Reason').fill('typed with care');
      server.acts.answer = { kind: 'Refused', code: 'NotSeparate', message: 'you could act as the requester <b>' };
      await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('alert').getByText('you could act as the requester <b>').waitFor();
      expect(await page.getByLabel('Reason').inputValue()).toBe('typed with care');
    });
  });

  test('to deny needs a reason', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'carol', EXEC);
      await page.getByRole('button', { name: 'Deny …' }).click();
      const dialog = page.getByRole('dialog', { name: 'Deny this?' });
      await dialog.getByRole('button', { name: 'Deny' }).click();
      await page.getByRole('alert').getByText('A reason is required.').waitFor();
      expect(server.acts.asked).toEqual([]);
      await dialog.getByLabel('Reason (required)').fill('not in the evening');
      await dialog.getByRole('button', { name: 'Deny' }).click();
      await page.getByText('You denied it. The request is now Denied.').waitFor();
    });
  });

  test('acknowledges a break-glass use, which then waits no longer', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'bob');
      await row(page, 'break glass').getByRole('link').click();
      await page.getByRole('button', { name: 'Acknowledge …' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
      await page.getByText('You acknowledged it.').waitFor();
      await page.getByRole('link', { name: 'Waiting for you' }).click();
      await row(page, 'INC-4711: disk is full').waitFor();
      await expect.poll(() => row(page, 'break glass').count()).toBe(0);
    });
  });

  test('of the requester breaks the glass, with a reason and no other way', async () => {
    const { spec, ...request } = another('exec-glass', 'INC-2: the shop is down');
    const glass = policyTerms({ breakGlass: { subjects: [{ kind: 'User', name: 'alice' }], maxWindowSeconds: 900 } });
    server.requests.put({ ...request, spec: { ...spec, policies: [glass] } });
    await look(async (page) => {
      await signIn(page, server.url, 'alice', '/requests/prod/exec-glass');
      await page.getByRole('button', { name: 'Break glass …' }).click();
      const dialog = page.getByRole('dialog', { name: 'Go on without an approval?' });
      // Where the dialog puts the focus, which is not the reason.
      await page.keyboard.press('Control+Enter');
      await page.getByRole('alert').getByText('A reason is required.').waitFor();
      await dialog.getByLabel('Reason (required)').fill('INC-2: nobody answers');
      await dialog.getByLabel('Reason (required)').press('Control+Enter');
      await page.getByText('You broke the glass').waitFor();
      await page.locator('.warnings').waitFor();
    });
    expect(server.acts.asked).toMatchObject([{ decision: 'BreakGlass', reason: 'INC-2: nobody answers' }]);
  });

  test('takes an approval back', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'bob', EXEC);
      for (const verb of ['Approve', 'Revoke']) {
        await page.getByRole('button', { name: `${verb} …` }).click();
        if (verb === 'Revoke') await page.getByLabel('Reason (required)').fill('too early');
        await page.getByRole('dialog').getByRole('button', { name: verb }).click();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      await page.getByText('You revoked it. The request is now Revoked.').waitFor();
    });
    expect(server.acts.asked.map(({ decision }) => decision)).toEqual(['Approve', 'Revoke']);
  });

  test('cannot be cast on what has been replaced under the same name since it was shown', async () => {
    server.requests.put(another('exec-again', 'the first'));
    await look(async (page) => {
      await signIn(page, server.url, 'bob', '/requests/prod/exec-again');
      await page.getByRole('button', { name: 'Approve …' }).click();
      server.requests.put(another('exec-again', 'the second', 'another-uid'));
      const dialog = page.getByRole('dialog');
      await dialog.getByText('The request has changed since it was shown to you.').waitFor();
      expect(await dialog.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true);
      await page.keyboard.press('Escape');
      await page.getByText('Another request of the same name has taken the place').waitFor();
    });
    expect(server.acts.asked).toEqual([]);
  });
});

describe('what happens elsewhere', () => {
  test('is shown at once, and nobody loses what they are typing', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'carol', '/requests?state=Pending');
      await row(page, 'INC-4711: disk is full').waitFor();
      await page.getByLabel('Search').fill('evening');
      await row(page, 'INC-4711: disk is full').waitFor({ state: 'detached' });
      expect(new URL(page.url()).searchParams.get('q')).toBe('evening');
      server.requests.put(another('exec-new', 'another evening'));
      await row(page, 'another evening').waitFor();
      expect(await page.getByLabel('Search').inputValue()).toBe('evening');
      expect(await page.evaluate('document.activeElement.type')).toBe('search');
    });
  });

  test('is said: how many wait, in the title and aloud', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'bob');
      await row(page, 'INC-4711: disk is full').waitFor();
      const before = Number(/\d+/.exec(await page.title())?.[0]);
      server.requests.put(another('exec-new', 'please'));
      await page.getByRole('status').getByText('One more request waits for you.').waitFor();
      expect(await page.title()).toContain(`(${before + 1})`);
    });
  });

  test('reaches a page that is open, and its buttons', async () => {
    await look(async (bob) => {
      await signIn(bob, server.url, 'bob', EXEC);
      await bob.getByRole('button', { name: 'Approve …' }).waitFor();
      await look(async (carol) => {
        await signIn(carol, server.url, 'carol', EXEC);
        await carol.getByRole('button', { name: 'Deny …' }).click();
        await carol.getByLabel('Reason (required)').fill('no');
        await carol.getByRole('dialog').getByRole('button', { name: 'Deny' }).click();
        await carol.getByText('The request is now Denied.').waitFor();
      });
      await bob.getByRole('status').getByText('Now Denied').waitFor();
      await bob.getByRole('button', { name: 'Approve …' }).waitFor({ state: 'detached' });
      expect(await bob.locator('.refusals').innerText()).toContain('Approve');
    });
  });

  test('is looked up anew after the stream broke, which the page shows', async () => {
    await look(
      async (page) => {
        await signIn(page, server.url, 'bob');
        await page.route('**/api/v1/stream', (route) => route.abort());
        await page.reload();
        await page.locator('.connection.reconnecting').waitFor();
        server.requests.put(another('exec-missed', 'missed meanwhile'));
        await page.unroute('**/api/v1/stream');
        await page.locator('.connection.live').waitFor();
        await row(page, 'missed meanwhile').waitFor();
        expect(await page.locator('.connection').innerText()).toBe('Live');
      },
      { expected: [/net::ERR_FAILED/] },
    );
  });
});

test('a server that is not ready says so, and is asked again', async () => {
  server.synced = false;
  await look(
    async (page) => {
      await page.goto(server.url);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.locator('input[name=login]').fill('bob');
      await page.getByRole('button').click();
      await page.getByRole('alert').getByText('This list may be old').waitFor();
      server.synced = true;
      await row(page, 'INC-4711: disk is full').waitFor();
      expect(await page.getByText('This list may be old').count()).toBe(0);
    },
    { expected: [/status of 503/, /EventSource/] },
  );
});

describe('a list', () => {
  test('has pages, and the address says which', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'carol', '/requests');
      const first = await page.locator('li.row').first().innerText();
      await page.getByRole('link', { name: 'Next page' }).click();
      await page.getByRole('link', { name: 'First page' }).waitFor();
      // The rows of the first page stand there until those of the second have come.
      await expect.poll(() => page.locator('li.row').first().innerText()).not.toBe(first);
      const second = await page.locator('li.row').first().innerText();
      await page.reload();
      await page.locator('li.row').first().waitFor();
      expect(await page.locator('li.row').first().innerText()).toBe(second);
      await page.goBack();
      await page.getByRole('link', { name: 'Next page' }).waitFor();
    });
  });

  test('that a colleague sent shows the same filters', async () => {
    await look(async (page) => {
      await signIn(page, server.url, 'carol', '/requests?state=Expired&namespace=dev');
      expect(await page.getByLabel('State').inputValue()).toBe('Expired');
      expect(await page.getByLabel('Namespace').inputValue()).toBe('dev');
      const states = await page.locator('li.row .state').allInnerTexts();
      expect(new Set(states)).toEqual(new Set(['Expired']));
    });
  });
});

test('a session that ends says so, hides everything, and the way back leads to the same page', async () => {
  await server[Symbol.asyncDispose]();
  await serve({ sessionMinutes: 4 / 60 });
  await look(async (page) => {
    await signIn(page, server.url, 'bob', EXEC);
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain('web-0');
    const link = page.getByRole('link', { name: 'Sign in' });
    expect(await link.getAttribute('href')).toBe(`/login?to=${encodeURIComponent(EXEC)}`);
  });
});
