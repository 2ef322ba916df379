import { describe, expect, test } from 'vitest';
import { localPath } from './local-path.ts';

const ORIGIN = 'https://console.example.com';

describe('where to go after the sign-in', () => {
  test.each([
    ['/', '/'],
    ['/requests/prod/exec-web-0-7f3c1a9e', '/requests/prod/exec-web-0-7f3c1a9e'],
    ['/?view=waiting&q=a%20b#top', '/?view=waiting&q=a%20b#top'],
  ])('a path of ours: %s', (to, expected) => {
    expect(localPath(to, ORIGIN)).toBe(expected);
  });

  test.each([
    '//evil.example.com',
    '/\\evil.example.com',
    '\\\\evil.example.com',
    '/\t/evil.example.com',
    '/\n/evil.example.com',
    '/ /evil.example.com',
    '/x/..//evil.example.com',
    '/.//evil.example.com',
    '/x\\..\\..\\evil.example.com',
    'https://evil.example.com/',
    'https:evil.example.com',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example.com',
    '@evil.example.com',
    '',
    `/${'x'.repeat(2_000)}`,
    '/\u202Egnp',
    ['/a', '/b'],
    undefined,
    7,
  ])('nothing else: %j', (to) => {
    expect(localPath(to, ORIGIN)).toBe('/');
  });
});
