import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import { type ConsoleHarness, startConsoleServer } from '../../../test/harness/console-server.ts';
import { securityHeaders } from './security-headers.ts';

let console_: ConsoleHarness;
const browser = new HttpBrowser();
beforeAll(async () => {
  console_ = await startConsoleServer();
  await browser.signIn(console_.url, 'bob');
});
afterAll(async () => {
  await console_[Symbol.asyncDispose]();
});

const HEADERS: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cross-origin-embedder-policy', 'require-corp'],
  ['cache-control', 'no-store'],
];

const DIRECTIVES = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'none'",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "require-trusted-types-for 'script'",
];

describe('every answer', () => {
  test.each([
    ['who am I', '/api/v1/me', 200],
    ['a list', '/api/v1/requests', 200],
    ['a request that is not there', '/api/v1/requests/a/b', 404],
    ['a question that makes no sense', '/api/v1/requests?state=Nonsense', 400],
    ['the way to the provider', '/login', 303],
    ['a sign-in that is none', '/callback?code=x&state=y', 403],
    ['the page', '/', 503],
    ['nothing', '/nothing', 503],
  ])('%s', async (_sentence, path, status) => {
    const page = await browser.ask(`${console_.url}${path}`);
    expect(page.status).toBe(status);
    for (const [name, value] of HEADERS) expect([name, page.headers[name]]).toEqual([name, value]);
    const policy = String(page.headers['content-security-policy']).split('; ');
    expect(policy).toEqual(expect.arrayContaining(DIRECTIVES));
    expect(policy.join(' ')).not.toMatch(/unsafe-|\*|https?:|strict-dynamic/);
    expect(page.headers['x-powered-by']).toBeUndefined();
    expect(page.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('asks for https from then on, where there is https', () => {
    expect(securityHeaders({ secure: true })['Strict-Transport-Security']).toBe('max-age=31536000');
    expect(securityHeaders({ secure: false })).not.toHaveProperty('Strict-Transport-Security');
  });
});

test('under https the cookies are of the host alone, and never sent in the clear', async () => {
  await using secure = await startConsoleServer({ publicUrl: 'https://console.example.com' });
  const page = await new HttpBrowser().ask(`${secure.url}/login`, { headers: { host: 'console.example.com' } });
  expect(page.status).toBe(303);
  expect(page.headers['set-cookie']).toEqual([
    expect.stringMatching(/^__Host-sallyport-sign-in=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/),
  ]);
  expect(page.headers['strict-transport-security']).toBe('max-age=31536000');
});
