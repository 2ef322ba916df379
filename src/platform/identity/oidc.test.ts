import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import { startOidcProvider } from '../../../test/harness/oidc/provider.ts';
import {
  type ScriptedAnswer,
  type ScriptedIssuer,
  startScriptedIssuer,
} from '../../../test/harness/oidc/scripted-issuer.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { Secret } from '../telemetry/redact.ts';
import { createOidc, type OidcOptions } from './oidc.ts';
import { OidcRefusedError, OidcUnavailableError } from './oidc-error.ts';

const CHECKS = { state: 'state', nonce: 'nonce', codeVerifier: 'v'.repeat(43) };
const REDIRECT = 'https://console.example.com/callback';

function options(issuer: string): OidcOptions {
  return {
    issuer,
    clientId: 'client',
    clientSecret: new Secret('secret'),
    scopes: ['openid', 'email'],
    usernameClaim: 'sub',
    usernamePrefix: '',
    groupsClaim: 'groups',
    groupsPrefix: '',
    requireVerifiedEmail: true,
    redirectUri: REDIRECT,
  };
}

describe('a provider that lies, or does not answer', () => {
  let provider: ScriptedIssuer;
  beforeEach(async () => {
    provider = await startScriptedIssuer();
  });
  afterEach(async () => {
    await provider[Symbol.asyncDispose]();
  });

  const redeem = (answer: ScriptedAnswer, query = '?code=c&state=state') => {
    provider.answer = answer;
    return createOidc(options(provider.issuer), new FakeClock()).redeem(query, CHECKS);
  };

  test('who the ID token names is signed in, and nothing of the tokens is kept', async () => {
    const identity = await redeem({ claims: { nonce: 'nonce', groups: ['sre'] } });
    expect(identity).toEqual({ username: 'alice', groups: ['sre'] });
  });

  test('the way there has PKCE by S256, state and nonce, and our own redirect', async () => {
    const url = await createOidc(options(provider.issuer), new FakeClock()).authorizationUrl(CHECKS);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: 'client',
      code_challenge_method: 'S256',
      redirect_uri: REDIRECT,
      response_type: 'code',
      scope: 'openid email',
      state: 'state',
      nonce: 'nonce',
    });
    expect(url.searchParams.get('code_challenge')).not.toBe(CHECKS.codeVerifier);
  });

  test.each<[string, ScriptedAnswer, string?]>([
    ['a token for another audience', { claims: { nonce: 'nonce', aud: 'other' } }],
    ['a token with another nonce', { claims: { nonce: 'other' } }],
    ['a token without a nonce', { claims: {} }],
    ['a token of another issuer', { claims: { nonce: 'nonce', iss: 'https://evil.example.com' } }],
    ['a token whose time is over', { claims: { nonce: 'nonce', exp: 1 } }],
    ['a token signed with another key', { claims: { nonce: 'nonce' }, foreignKey: true }],
    ['a token that nobody signed', { claims: { nonce: 'nonce' }, algorithm: 'none' }],
    ['another state', { claims: { nonce: 'nonce' } }, '?code=c&state=other'],
    ['no state', { claims: { nonce: 'nonce' } }, '?code=c'],
    ['two states', { claims: { nonce: 'nonce' } }, '?code=c&state=state&state=other'],
    ['an error instead of a code', {}, '?error=access_denied&state=state'],
    ['a code that is spent', { status: 400, body: '{"error":"invalid_grant"}' }],
    ['no ID token', { body: '{"access_token":"a","token_type":"Bearer"}' }],
    ['something that is no JSON', { body: 'hello' }],
  ])('refused: %s', async (_sentence, answer, query) => {
    await expect(redeem(answer, query)).rejects.toThrow(OidcRefusedError);
  });

  test.each<[string, ScriptedAnswer]>([
    ['an error of its own', { status: 503, body: '{}' }],
    ['too many requests', { status: 429, body: '{}' }],
    ['more than anybody would read', { body: `"${'x'.repeat(1024 * 1024)}"` }],
  ])('unavailable: %s', async (_sentence, answer) => {
    await expect(redeem(answer)).rejects.toThrow(OidcUnavailableError);
  });

  test('a provider that was away is asked again, and not more often than every two seconds', async () => {
    const clock = new FakeClock();
    const oidc = createOidc(options(provider.issuer), clock);
    provider.broken = true;
    await expect(oidc.authorizationUrl(CHECKS)).rejects.toThrow(OidcUnavailableError);
    await expect(oidc.authorizationUrl(CHECKS)).rejects.toThrow(OidcUnavailableError);
    expect(provider.asked.discovery).toBe(1);
    provider.broken = false;
    await clock.advance(2_000);
    await expect(oidc.authorizationUrl(CHECKS)).resolves.toBeInstanceOf(URL);
  });

  test('where it offers no sign-out there is none', async () => {
    const oidc = createOidc(options(provider.issuer), new FakeClock());
    expect(await oidc.endSessionUrl('https://console.example.com/')).toBeUndefined();
  });
});

describe('the real provider', () => {
  const [tls] = testCertificates('nobody');
  const redirectUri = 'http://127.0.0.1:9/callback';

  test.each([
    ['a confidential client', false],
    ['a public client', true],
  ])('signs bob in over TLS of a private authority: %s', async (_sentence, isPublic) => {
    await using provider = await startOidcProvider({ redirectUris: [redirectUri], tls });
    const { clientSecret: _none, ...rest } = options(provider.issuer);
    const oidc = createOidc(
      {
        ...rest,
        ...(isPublic
          ? { clientId: provider.publicClientId }
          : { clientId: provider.clientId, clientSecret: new Secret(provider.clientSecret) }),
        scopes: ['openid', 'email', 'profile'],
        caPem: tls.ca,
        redirectUri,
      },
      new FakeClock(),
    );
    const browser = new HttpBrowser(tls.ca);
    const form = await browser.follow((await oidc.authorizationUrl(CHECKS)).href);
    const posted = await browser.ask(form.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'login=bob',
    });
    const back = await browser.follow(new URL(posted.headers.location ?? '', form.url).href, (url) =>
      url.startsWith(redirectUri),
    );
    const { search } = new URL(back.url);
    expect(await oidc.redeem(search, CHECKS)).toEqual({ username: 'bob', email: 'bob@example.com', groups: ['sre'] });
    await expect(oidc.redeem(search, CHECKS)).rejects.toThrow(OidcRefusedError);
    await expect(oidc.redeem(search, { ...CHECKS, codeVerifier: 'w'.repeat(43) })).rejects.toThrow(OidcRefusedError);
    expect((await oidc.endSessionUrl('http://127.0.0.1:9/'))?.pathname).toBe('/session/end');
  });

  test('an authority that nobody trusts is no provider', async () => {
    await using provider = await startOidcProvider({ redirectUris: [redirectUri], tls });
    const oidc = createOidc(options(provider.issuer), new FakeClock());
    await expect(oidc.authorizationUrl(CHECKS)).rejects.toThrow(OidcUnavailableError);
  });
});
