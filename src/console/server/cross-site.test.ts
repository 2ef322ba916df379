import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleRequests } from '../../../test/builders/console-requests.ts';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import { type ConsoleHarness, startConsoleServer } from '../../../test/harness/console-server.ts';

let console_: ConsoleHarness;
const bob = new HttpBrowser();
const carol = new HttpBrowser();
let token = '';
let carolsToken = '';
beforeAll(async () => {
  console_ = await startConsoleServer({ requests: sampleRequests(Date.now()) });
  const tokenOf = async (browser: HttpBrowser) =>
    (JSON.parse((await browser.ask(`${console_.url}/api/v1/me`)).text) as { csrfToken: string }).csrfToken;
  await bob.signIn(console_.url, 'bob');
  await carol.signIn(console_.url, 'carol');
  [token, carolsToken] = [await tokenOf(bob), await tokenOf(carol)];
});
afterAll(async () => {
  await console_[Symbol.asyncDispose]();
});

const PATH = '/api/v1/requests/prod/exec-web-0-7f3c1a9e/votes';

describe('a vote that no page of ours sent', () => {
  const good = () => ({
    'content-type': 'application/json',
    origin: console_.url,
    'sec-fetch-site': 'same-origin',
    'x-csrf-token': token,
  });
  test.each<[string, (headers: Record<string, string>) => void]>([
    ['without the token', (headers) => delete headers['x-csrf-token']],
    ['with the token of another session', (headers) => void (headers['x-csrf-token'] = carolsToken)],
    ['with an empty token', (headers) => void (headers['x-csrf-token'] = '')],
    ['with a token that is one letter longer', (headers) => void (headers['x-csrf-token'] = `${token}A`)],
    ['from a foreign origin', (headers) => void (headers['origin'] = 'https://evil.example.com')],
    ['from our host at another port', (headers) => void (headers['origin'] = 'http://127.0.0.1:1')],
    [
      'from our host under another scheme',
      (headers) => void (headers['origin'] = console_.url.replace('http:', 'https:')),
    ],
    ['from no origin', (headers) => delete headers['origin']],
    ['from an origin that is hidden', (headers) => void (headers['origin'] = 'null')],
    ['from another site, as the browser says', (headers) => void (headers['sec-fetch-site'] = 'cross-site')],
    ['from the same site but another origin', (headers) => void (headers['sec-fetch-site'] = 'same-site')],
  ])('is none: %s', async (_sentence, tamper) => {
    const headers: Record<string, string> = good();
    tamper(headers);
    const body = JSON.stringify({ uid: 'u', digest: `sha256:${'0'.repeat(64)}`, decision: 'Approve' });
    const page = await bob.ask(`${console_.url}${PATH}`, { method: 'POST', headers, body });
    expect([page.status, JSON.parse(page.text)]).toMatchObject([403, { code: 'CrossSite' }]);
    const logout = await bob.ask(`${console_.url}/logout`, { method: 'POST', headers, body: '{}' });
    expect(logout.status).toBe(403);
    expect(console_.acts.asked).toEqual([]);
  });

  test('a form of another site cannot send JSON, and nothing else is read', async () => {
    const headers = { ...good(), 'content-type': 'text/plain' };
    const page = await bob.ask(`${console_.url}${PATH}`, { method: 'POST', headers, body: '{}' });
    expect([page.status, JSON.parse(page.text)]).toMatchObject([400, { code: 'BadRequest' }]);
  });

  test('a client that is no browser says no site, and is believed with origin and token', async () => {
    const { 'sec-fetch-site': _none, ...headers } = good();
    const page = await bob.ask(`${console_.url}${PATH}`, { method: 'POST', headers, body: '{"uid":""}' });
    expect(page.status).toBe(400);
  });
});

describe('another name that leads here (DNS rebinding)', () => {
  test.each([
    ['rebound.evil.example.com', 421],
    ['localhost', 421],
    ['127.0.0.1', 421],
    ['127.0.0.1:1', 421],
    ['127.0.0.1@evil.example.com', 421],
  ])('%j', async (host, status) => {
    const page = await bob.ask(`${console_.url}/api/v1/me`, {
      headers: { host, 'x-forwarded-host': new URL(console_.url).host },
    });
    expect(page.status).toBe(status);
    expect(page.text).not.toContain('bob');
  });
});
