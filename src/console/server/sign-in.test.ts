import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScriptedIssuer } from '../../../test/harness/oidc/scripted-issuer.ts';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import { type ConsoleHarness, startConsoleServer } from '../../../test/harness/console-server.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';

const SESSION = 'sallyport-session-0';
const SIGN_IN = 'sallyport-sign-in';

/** Starts at the real time, which the provider goes by. */
const clock = new FakeClock(Date.now());
const lines: string[] = [];
const keep = (fields: object, message: string) => void lines.push(JSON.stringify({ message, ...fields }));
const log: Logger = { debug: keep, info: keep, warn: keep, error: keep };
let console_: ConsoleHarness;
beforeAll(async () => {
  console_ = await startConsoleServer({ clock, log });
});
afterAll(async () => {
  await console_[Symbol.asyncDispose]();
});

const me = async (browser: HttpBrowser) => await browser.ask(`${console_.url}/api/v1/me`);

describe('signing in', () => {
  test('leads to the provider and back to where one was, and says who one is', async () => {
    const browser = new HttpBrowser();
    expect((await me(browser)).status).toBe(401);
    const page = await browser.signIn(console_.url, 'bob', '/requests/prod/x?y=1');
    expect([page.status, page.headers.location]).toEqual([303, '/requests/prod/x?y=1']);
    const answer = await me(browser);
    expect(JSON.parse(answer.text)).toMatchObject({ person: 'bob', username: 'bob', groups: ['sre'] });
  });

  test('whom the map does not know may look', async () => {
    const browser = new HttpBrowser();
    await browser.signIn(console_.url, 'dave');
    const known = JSON.parse((await me(browser)).text) as object;
    expect(known).toMatchObject({ username: 'dave' });
    expect(known).not.toHaveProperty('person');
  });

  test('leads nowhere else than to the console', async () => {
    const browser = new HttpBrowser();
    expect((await browser.signIn(console_.url, 'bob', '//evil.example.com')).headers.location).toBe('/');
  });

  test('says so in the log, without a code, a token or a cookie', async () => {
    const browser = new HttpBrowser();
    lines.length = 0;
    const back = await browser.wayBack(console_.url, 'carol');
    await browser.ask(back);
    expect(lines.join('\n')).toContain('"outcome":"SignedIn","username":"carol"');
    const secrets = [new URL(back).searchParams.get('code') ?? '', browser.cookiesOf(console_.url).get(SESSION) ?? ''];
    for (const secret of secrets) {
      expect(secret).not.toBe('');
      expect(lines.join('\n')).not.toContain(secret);
    }
  });
});

describe('an email address of which the provider does not say that it is verified', () => {
  const visit = async (oidc: object) => {
    const users = {
      eve: { email: 'alice@example.com', emailVerified: false, groups: [], more: { email_verified: undefined } },
    };
    await using server = await startConsoleServer({ users, oidc: { usernameClaim: 'email', ...oidc } });
    const browser = new HttpBrowser();
    const page = await browser.signIn(server.url, 'eve');
    const { person, username } = JSON.parse((await browser.ask(`${server.url}/api/v1/me`)).text) as Record<
      string,
      string
    >;
    return { status: page.status, text: page.text, person, username };
  };

  test('signs nobody in, and the page says why', async () => {
    const { status, text, username } = await visit({});
    expect([status, username]).toEqual([403, undefined]);
    expect(text).toContain(
      'The provider does not say whether the email address is verified (claim email_verified), and the console requires it',
    );
  });

  test('is a username as at the API server where that is allowed, and still nobody of the map', async () => {
    expect(await visit({ requireVerifiedEmail: false })).toMatchObject({
      status: 303,
      username: 'alice@example.com',
      person: undefined,
    });
  });
});

describe('what is no sign-in', () => {
  test.each<[string, (back: URL, browser: HttpBrowser) => void]>([
    ['another state', (back) => back.searchParams.set('state', 'x'.repeat(43))],
    ['no state', (back) => back.searchParams.delete('state')],
    ['another code', (back) => back.searchParams.set('code', 'x'.repeat(43))],
    ['an answer of another provider', (back) => back.searchParams.set('iss', 'https://evil.example.com')],
    ['a browser that began none (login CSRF)', (_back, browser) => browser.cookiesOf(console_.url).clear()],
    [
      'a cookie that was tampered with',
      (_back, browser) => void browser.cookiesOf(console_.url).set(SIGN_IN, 'x'.repeat(300)),
    ],
    [
      'the cookie of another browser',
      (_back, browser) => {
        expect(other.value).not.toBe('');
        browser.cookiesOf(console_.url).set(SIGN_IN, other.value);
      },
    ],
  ])('%s', async (_sentence, tamper) => {
    const browser = new HttpBrowser();
    const back = new URL(await browser.wayBack(console_.url, 'bob'));
    tamper(back, browser);
    const page = await browser.ask(back.href);
    expect(page.status).toBe(403);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(browser.cookiesOf(console_.url).has(SESSION)).toBe(false);
    expect((await me(browser)).status).toBe(401);
  });

  const other = { value: '' };
  beforeAll(async () => {
    const browser = new HttpBrowser();
    await browser.wayBack(console_.url, 'carol');
    other.value = browser.cookiesOf(console_.url).get(SIGN_IN) ?? '';
  });

  test('the same answer twice, though the cookie was kept', async () => {
    const browser = new HttpBrowser();
    const back = await browser.wayBack(console_.url, 'bob');
    const kept = browser.cookiesOf(console_.url).get(SIGN_IN) ?? '';
    expect((await browser.ask(back)).status).toBe(303);
    const thief = new HttpBrowser();
    thief.cookiesOf(console_.url).set(SIGN_IN, kept);
    expect((await thief.ask(back)).status).toBe(403);
  });

  test('the same answer twice, though the provider takes its codes twice', async () => {
    await using careless = await startScriptedIssuer();
    await using other = await startConsoleServer({
      oidc: { issuer: careless.issuer, clientId: 'client', usernameClaim: 'sub' },
    });
    const browser = new HttpBrowser();
    const there = new URL((await browser.ask(`${other.url}/login`)).headers.location ?? '');
    careless.answer = { claims: { nonce: there.searchParams.get('nonce') } };
    const kept = browser.cookiesOf(other.url).get(SIGN_IN) ?? '';
    const back = `${other.url}/callback?code=c&state=${there.searchParams.get('state') ?? ''}`;
    expect((await browser.ask(back)).status).toBe(303);
    browser.cookiesOf(other.url).set(SIGN_IN, kept);
    expect((await browser.ask(back)).status).toBe(403);
    expect(careless.asked.token).toBe(1);
  });

  test('one that took longer than ten minutes', async () => {
    const browser = new HttpBrowser();
    const back = await browser.wayBack(console_.url, 'bob');
    await clock.advance(600_000);
    expect((await browser.ask(back)).status).toBe(403);
  });
});

describe('a refusal', () => {
  test('says why in a page with a style, and leads to another account than the one that was refused', async () => {
    const browser = new HttpBrowser();
    const back = await browser.wayBack(console_.url, 'bob');
    browser.cookiesOf(console_.url).clear();
    const page = await browser.ask(back);
    expect(page.text).toContain('<p>No sign-in was begun in this browser');
    const style = /href="([^"]+\.css)"/.exec(page.text)?.[1] ?? '';
    const css = await browser.ask(`${console_.url}${style}`);
    expect([css.status, css.headers['content-type']]).toEqual([200, 'text/css; charset=utf-8']);
    const another = /href="([^"]*as=another)"/.exec(page.text)?.[1] ?? '';
    // The provider has a session of bob's, and asks all the same.
    const form = await browser.follow(`${console_.url}${another}`, (next) =>
      next.startsWith(`${console_.url}/callback`),
    );
    expect(form.text).toContain('name="login"');
    const again = await browser.follow(`${console_.url}/login`, (next) => next.startsWith(`${console_.url}/callback`));
    expect(again.url).toContain('/callback?code=');
  });
});

describe('a session', () => {
  test('is never one that somebody had planted (session fixation)', async () => {
    const attacker = new HttpBrowser();
    await attacker.signIn(console_.url, 'bob');
    const planted = attacker.cookiesOf(console_.url).get(SESSION) ?? '';
    const victim = new HttpBrowser();
    victim.cookiesOf(console_.url).set(SESSION, planted);
    await victim.signIn(console_.url, 'carol');
    expect(victim.cookiesOf(console_.url).get(SESSION)).not.toBe(planted);
    expect(JSON.parse((await me(victim)).text)).toMatchObject({ username: 'carol' });
    expect((await me(attacker)).status).toBe(401);
  });

  test('ends by signing out, on the server too', async () => {
    const browser = new HttpBrowser();
    await browser.signIn(console_.url, 'bob');
    const kept = new Map(browser.cookiesOf(console_.url));
    const page = await browser.post(console_.url, '/logout', {});
    expect(page.status).toBe(200);
    expect(JSON.parse(page.text)).toMatchObject({ to: expect.stringContaining('/session/end') });
    expect(browser.cookiesOf(console_.url).has(SESSION)).toBe(false);
    for (const [name, value] of kept) browser.cookiesOf(console_.url).set(name, value);
    expect((await me(browser)).status).toBe(401);
  });

  test('ends after its time', async () => {
    const browser = new HttpBrowser();
    await browser.signIn(console_.url, 'bob');
    await clock.advance(30 * 60_000);
    const answer = await me(browser);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([401, { code: 'NotSignedIn', message: 'sign in first' }]);
  });
});

describe('a provider that is away', () => {
  test('nobody signs in, and whoever has goes on', async () => {
    await using away = await startConsoleServer();
    const browser = new HttpBrowser();
    await browser.signIn(away.url, 'bob');
    const late = new HttpBrowser();
    const back = await late.wayBack(away.url, 'carol');
    await away.provider[Symbol.asyncDispose]();
    const answer = await late.ask(back);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(late.cookiesOf(away.url).has(SESSION)).toBe(false);
    expect((await browser.ask(`${away.url}/api/v1/me`)).status).toBe(200);
  });

  test('is noticed though it was discovered before, rather than by the browser', async () => {
    const still = new FakeClock(Date.now());
    await using away = await startConsoleServer({ clock: still });
    expect((await new HttpBrowser().ask(`${away.url}/login`)).status).toBe(303);
    await away.provider[Symbol.asyncDispose]();
    await still.advance(10_000);
    const page = await new HttpBrowser().ask(`${away.url}/login`);
    expect([page.status, page.headers.location]).toEqual([503, undefined]);
    expect(page.text).toContain('The identity provider does not answer.');
  });

  test('says so, in a page that needs nothing', async () => {
    await using away = await startConsoleServer({ oidc: { issuer: 'http://127.0.0.1:9' } });
    const page = await new HttpBrowser().ask(`${away.url}/login`);
    expect([page.status, page.headers['retry-after']]).toEqual([503, '5']);
    expect(page.text).toContain('The identity provider does not answer.');
  });
});

test('sign-ins are bounded in all, and more come in a moment', async () => {
  const still = new FakeClock(Date.now());
  await using busy = await startConsoleServer({ clock: still });
  const browser = new HttpBrowser();
  const statuses: number[] = [];
  for (let round = 0; round < 70; round += 1) statuses.push((await browser.ask(`${busy.url}/login`)).status);
  expect(statuses.filter((status) => status === 303)).toHaveLength(60);
  expect(statuses.at(-1)).toBe(429);
  await still.advance(1_000);
  expect((await browser.ask(`${busy.url}/login`)).status).toBe(303);
});
