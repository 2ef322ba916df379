import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Oidc } from '../../platform/identity/oidc.ts';
import { OidcRefusedError, OidcUnavailableError } from '../../platform/identity/oidc-error.ts';
import type { ConsoleEvents } from './console-events.ts';
import type { CookieBox } from './cookie-box.ts';
import { cookieName, type NewCookie, readCookies, setCookie } from './cookies.ts';
import { createEndedSessions } from './ended-sessions.ts';
import { localPath } from './local-path.ts';
import { sendSignInPage } from './sign-in-page.ts';
import { type Sessions, TooManyGroupsError } from './sessions.ts';

export interface SignInOptions {
  readonly url: URL;
  readonly secure: boolean;
}

export interface SignInPorts {
  readonly oidc: Oidc;
  readonly box: CookieBox;
  readonly sessions: Sessions;
  readonly events: ConsoleEvents;
  readonly now: () => number;
  readonly randomBytes: (count: number) => Buffer;
}

export interface SignIn {
  login(request: Request, response: Response): Promise<void>;
  callback(request: Request, response: Response): Promise<void>;
  /** Where to go to sign out at the provider too. */
  leave(): Promise<string>;
}

/** Somebody types a password and looks for their second factor. */
const SIGN_IN_MS = 600_000;
const REDEEMED = 10_000;
const SECRET_BYTES = 32;

const pending = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  to: z.string(),
  issuedAt: z.number(),
});

/**
 * The way to the provider and back. What binds the answer to this browser stands in a sealed cookie of its own, so that
 * nobody can be signed in as somebody else by a link (login CSRF), and no replica has to remember who is on the way.
 */
export function createSignIn({ url, secure }: SignInOptions, ports: SignInPorts): SignIn {
  const { oidc, box, sessions, events, now, randomBytes } = ports;
  const name = cookieName('sign-in', secure);
  const redeemed = createEndedSessions(REDEEMED, now);
  // Lax: the way back begins at the provider's site.
  const cookie = (value: string): NewCookie => ({
    name,
    value,
    sameSite: 'Lax',
    maxAgeSeconds: value === '' ? 0 : SIGN_IN_MS / 1000,
  });
  const put = (response: Response, cookies: readonly NewCookie[]) =>
    response.append(
      'Set-Cookie',
      cookies.map((each) => setCookie(each, secure)),
    );
  const secret = () => randomBytes(SECRET_BYTES).toString('base64url');

  async function signedIn(request: Request, response: Response): Promise<void> {
    const cookies = readCookies(request.headers.cookie);
    const parsed = pending.safeParse(box.open('SignIn', cookies.get(name) ?? ''));
    const over = { id: parsed.data?.state ?? '', issuedAt: parsed.data?.issuedAt ?? 0 };
    const isOver = redeemed.isEnded({ ...over, expiresAt: over.issuedAt + SIGN_IN_MS });
    if (!parsed.success || now() >= over.issuedAt + SIGN_IN_MS || isOver)
      throw new OidcRefusedError('no sign-in was begun in this browser, or its time is over');
    const { to, ...checks } = parsed.data;
    // Before anything else: nothing is redeemed twice, not even by two at the same time.
    redeemed.end({ ...over, expiresAt: over.issuedAt + SIGN_IN_MS });
    const identity = await oidc.redeem(request.originalUrl.replace(/^[^?]*/, ''), checks);
    const before = sessions.of(cookies);
    if (before !== undefined) sessions.end(before);
    const { session, cookies: fresh } = sessions.begin(identity);
    put(response, [...fresh, cookie('')]);
    events.signIn('SignedIn', { username: session.username });
    response.redirect(303, localPath(to, url.origin));
  }

  return {
    login: async (request, response) => {
      const checks = { state: secret(), nonce: secret(), codeVerifier: secret() };
      try {
        const there = await oidc.authorizationUrl(checks, request.query['as'] === 'another' ? 'Another' : undefined);
        const to = localPath(request.query['to'], url.origin);
        put(response, [cookie(box.seal('SignIn', { ...checks, to, issuedAt: now() }))]);
        response.redirect(303, there.href);
      } catch (error) {
        if (!(error instanceof OidcUnavailableError)) throw error;
        events.signIn('Unavailable', { why: error.message });
        sendSignInPage(response, 503, 'Nobody can sign in now', 'The identity provider does not answer.');
      }
    },
    callback: async (request, response) => {
      try {
        await signedIn(request, response);
      } catch (error) {
        if (error instanceof OidcUnavailableError) {
          events.signIn('Unavailable', { why: error.message });
          sendSignInPage(response, 503, 'You could not be signed in', 'The identity provider does not answer.');
          return;
        }
        if (!(error instanceof OidcRefusedError) && !(error instanceof TooManyGroupsError)) throw error;
        events.signIn('Refused', { why: error.message });
        put(response, [cookie('')]);
        sendSignInPage(response, 403, 'You are not signed in', sentence(error.message));
      }
    },
    leave: async () => {
      const there = await oidc.endSessionUrl(`${url.origin}/`).catch(() => undefined);
      return there?.href ?? '/';
    },
  };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
