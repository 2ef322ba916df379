import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import { createCookieBox } from './cookie-box.ts';
import { createEndedSessions } from './ended-sessions.ts';
import { readCookies, setCookie } from './cookies.ts';
import { createSessions, TooManyGroupsError } from './sessions.ts';

const MINUTE = 60_000;
const KEY = new Secret(randomBytes(32));

function world(options: Partial<Parameters<typeof createSessions>[0]> = {}) {
  const clock = new FakeClock();
  const ports = { box: createCookieBox(KEY, randomBytes), now: () => clock.now(), randomBytes };
  const all = { lifetimeMs: 30 * MINUTE, ended: 10, secure: true, ...options };
  const sessions = createSessions(all, ports);
  const jar = (begun: ReturnType<typeof sessions.begin>) =>
    readCookies(begun.cookies.map(({ name, value }) => `${name}=${value}`).join('; '));
  return { clock, sessions, jar, replica: () => createSessions(all, ports) };
}

describe('a session', () => {
  test('is that of whoever signed in, on every replica', () => {
    const { sessions, jar, replica } = world();
    const begun = sessions.begin({ username: 'alice', email: 'a@example.com', groups: ['sre'] });
    expect(replica().of(jar(begun))).toEqual(begun.session);
    expect(begun.session).toMatchObject({ username: 'alice', email: 'a@example.com', groups: ['sre'] });
  });

  test('ends after its time, however much it is used', async () => {
    const { sessions, jar, clock } = world();
    const cookies = jar(sessions.begin({ username: 'alice', groups: [] }));
    await clock.advance(30 * MINUTE - 1);
    expect(sessions.of(cookies)).toBeDefined();
    await clock.advance(1);
    expect(sessions.of(cookies)).toBeUndefined();
  });

  test('ends with the sign-out, though its cookie was kept', () => {
    const { sessions, jar } = world();
    const begun = sessions.begin({ username: 'alice', groups: [] });
    sessions.end(begun.session);
    expect(sessions.of(jar(begun))).toBeUndefined();
  });

  test('is another with every sign-in', () => {
    const { sessions } = world();
    const identity = { username: 'alice', groups: [] };
    expect(sessions.begin(identity).session.id).not.toBe(sessions.begin(identity).session.id);
  });

  test('of many groups takes two cookies, none longer than browsers take', () => {
    const { sessions, jar } = world();
    const groups = Array.from({ length: 200 }, () => randomBytes(16).toString('hex'));
    const begun = sessions.begin({ username: 'alice', groups });
    expect(begun.cookies.every((cookie) => setCookie(cookie, true).length <= 4_096)).toBe(true);
    expect(begun.cookies.filter(({ value }) => value !== '')).toHaveLength(2);
    expect(sessions.of(jar(begun))?.groups).toEqual(groups);
  });

  test('of more groups than that is none: nobody is signed in with fewer than they have', () => {
    const { sessions } = world();
    const groups = Array.from({ length: 512 }, () => randomBytes(16).toString('hex'));
    expect(() => sessions.begin({ username: 'alice', groups })).toThrow(TooManyGroupsError);
  });

  test('has cookies that no script reads, of this host alone, under https alone, and never from another site', () => {
    const { sessions } = world();
    const [cookie] = sessions.begin({ username: 'alice', groups: [] }).cookies;
    expect(cookie === undefined ? '' : setCookie(cookie, true)).toMatch(
      /^__Host-sallyport-session-0=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=1800; Secure$/,
    );
  });
});

describe('what was ended', () => {
  test('stays so when too many were: the oldest sessions end with the one that is forgotten', () => {
    const ended = createEndedSessions(2, () => 0);
    const at = (issuedAt: number) => ({ id: `s${issuedAt}`, issuedAt, expiresAt: 100 });
    for (const issuedAt of [5, 3, 9]) ended.end(at(issuedAt));
    expect([3, 5, 9].map((issuedAt) => ended.isEnded(at(issuedAt)))).toEqual([true, true, true]);
    expect(ended.isEnded({ id: 'another', issuedAt: 2, expiresAt: 100 })).toBe(true);
    expect(ended.isEnded({ id: 'another', issuedAt: 4, expiresAt: 100 })).toBe(false);
  });

  test('makes room once its time is over', () => {
    let now = 0;
    const ended = createEndedSessions(1, () => now);
    ended.end({ id: 'old', issuedAt: 0, expiresAt: 10 });
    now = 10;
    ended.end({ id: 'new', issuedAt: 9, expiresAt: 20 });
    expect(ended.isEnded({ id: 'another', issuedAt: 1, expiresAt: 20 })).toBe(false);
  });
});
