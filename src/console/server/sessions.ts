import { z } from 'zod';
import type { OidcIdentity } from '../../platform/identity/oidc-claims.ts';
import type { CookieBox } from './cookie-box.ts';
import { cookieName, type NewCookie } from './cookies.ts';
import { createEndedSessions } from './ended-sessions.ts';

/** Somebody signed in, for a while. It lives in their browser; no token of the provider is in it. */
export interface Session {
  readonly id: string;
  readonly username: string;
  readonly email?: string;
  readonly groups: readonly string[];
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface SessionOptions {
  /** From the sign-in; nothing prolongs it. */
  readonly lifetimeMs: number;
  /** How many ended ones are remembered. */
  readonly ended: number;
  /** Whether the console is served under https, in the end. */
  readonly secure: boolean;
}

export interface SessionPorts {
  readonly box: CookieBox;
  readonly now: () => number;
  readonly randomBytes: (count: number) => Buffer;
}

export interface Sessions {
  /** A new session, whatever cookie came before: nothing that somebody else could have planted is adopted. */
  begin(identity: OidcIdentity): { readonly session: Session; readonly cookies: readonly NewCookie[] };
  /** Undefined for no cookie, a forged one, and one whose time is over or that was ended. */
  of(cookies: ReadonlyMap<string, string>): Session | undefined;
  end(session: Session): void;
  /** What takes the cookies away. */
  cleared(): readonly NewCookie[];
}

/** Who signs in has more groups than cookies hold. */
export class TooManyGroupsError extends Error {
  override readonly name = 'TooManyGroupsError';
  readonly code = 'TooManyGroups';

  constructor(groups: number) {
    super(`a session with ${groups} groups does not fit the cookies of a browser`);
  }
}

/** Browsers take 4,096 bytes a cookie (RFC 6265 §6.1), and proxies in front of us 8 KiB of a header. */
const CHUNK = 3_800;
const CHUNKS = 2;
const ID_BYTES = 24;

const stored = z.strictObject({
  i: z.string(),
  u: z.string(),
  e: z.string().optional(),
  g: z.array(z.string()),
  a: z.number(),
  x: z.number(),
});

export function createSessions(options: SessionOptions, { box, now, randomBytes }: SessionPorts): Sessions {
  const names = Array.from({ length: CHUNKS }, (_, index) => cookieName(`session-${index}`, options.secure));
  const ended = createEndedSessions(options.ended, now);
  const cookie = (name: string, value: string): NewCookie => ({
    name,
    value,
    sameSite: 'Strict',
    maxAgeSeconds: value === '' ? 0 : Math.ceil(options.lifetimeMs / 1000),
  });
  return {
    begin: ({ username, email, groups }) => {
      const issuedAt = now();
      const session: Session = {
        id: randomBytes(ID_BYTES).toString('base64url'),
        username,
        ...(email === undefined ? {} : { email }),
        groups,
        issuedAt,
        expiresAt: issuedAt + options.lifetimeMs,
      };
      const { id: i, username: u, email: e, groups: g, issuedAt: a, expiresAt: x } = session;
      const sealed = box.seal('Session', { i, u, e, g, a, x });
      if (sealed.length > CHUNK * CHUNKS) throw new TooManyGroupsError(groups.length);
      return { session, cookies: names.map((name, at) => cookie(name, sealed.slice(at * CHUNK, (at + 1) * CHUNK))) };
    },
    of: (cookies) => {
      const sealed = names.map((name) => cookies.get(name) ?? '').join('');
      const parsed = sealed === '' ? undefined : stored.safeParse(box.open('Session', sealed));
      if (parsed?.success !== true) return undefined;
      const { i: id, u: username, e: email, g: groups, a: issuedAt, x: expiresAt } = parsed.data;
      const session = { id, username, groups, issuedAt, expiresAt, ...(email === undefined ? {} : { email }) };
      // A lifetime that was shortened since holds for older sessions too.
      const over = now() >= Math.min(expiresAt, issuedAt + options.lifetimeMs);
      return over || ended.isEnded(session) ? undefined : session;
    },
    end: (session) => ended.end(session),
    cleared: () => names.map((name) => cookie(name, '')),
  };
}
