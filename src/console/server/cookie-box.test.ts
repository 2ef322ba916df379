import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../platform/telemetry/redact.ts';
import { createCookieBox, equalTexts } from './cookie-box.ts';

const KEY = new Secret(randomBytes(32));
const VALUE = { username: 'alice', groups: ['sre'] };

describe('a value that a browser keeps for us', () => {
  const box = createCookieBox(KEY, randomBytes);

  test('comes back as it was, from any replica with the key', () => {
    expect(createCookieBox(KEY, randomBytes).open('Session', box.seal('Session', VALUE))).toEqual(VALUE);
  });

  test('is not readable, and never the same twice', () => {
    const sealed = box.seal('Session', VALUE);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('alice');
    expect(box.seal('Session', VALUE)).not.toBe(sealed);
  });

  test('is good for its own purpose alone', () => {
    expect(box.open('SignIn', box.seal('Session', VALUE))).toBeUndefined();
  });

  test('is nothing under another key', () => {
    const other = createCookieBox(new Secret(randomBytes(32)), randomBytes);
    expect(other.open('Session', box.seal('Session', VALUE))).toBeUndefined();
  });

  test('is nothing once any bit of it is another', () => {
    const sealed = Buffer.from(box.seal('Session', VALUE), 'base64url');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(box.open('Session', changed.toString('base64url'))).toBeUndefined();
    }
  });

  test.each(['', 'a', 'A'.repeat(38), '%%%', '"', '='.repeat(80)])('is nothing: %j', (sealed) => {
    expect(box.open('Session', sealed)).toBeUndefined();
  });
});

test('the token of a page is another for every session and every key', () => {
  const box = createCookieBox(KEY, randomBytes);
  expect(box.csrfToken('a')).toBe(createCookieBox(KEY, randomBytes).csrfToken('a'));
  expect(box.csrfToken('a')).not.toBe(box.csrfToken('b'));
  expect(box.csrfToken('a')).not.toBe(createCookieBox(new Secret(randomBytes(32)), randomBytes).csrfToken('a'));
});

test.each([
  ['abc', 'abc', true],
  ['abd', 'abc', false],
  ['ab', 'abc', false],
  ['', 'abc', false],
  ['\u00e9', 'ab', false],
])('texts are compared as a whole: %j and %j', (given, expected, same) => {
  expect(equalTexts(given, expected)).toBe(same);
});
