import { expect, test } from 'vitest';
import { isOwnHost } from './own-host.ts';

test.each([
  ['https://console.example.com', 'console.example.com', true],
  ['https://console.example.com', 'console.example.com:443', true],
  ['https://console.example.com', 'CONSOLE.example.com', true],
  ['https://console.example.com', 'console.example.com:8443', false],
  ['https://console.example.com', 'console.example.com.evil.org', false],
  ['https://console.example.com', 'evil.org/console.example.com', false],
  ['https://console.example.com', 'a@console.example.com', false],
  ['https://console.example.com', undefined, false],
  ['https://console.example.com:8443', 'console.example.com:8443', true],
  ['http://[::1]:8445', '[::1]:8445', true],
])('%s asked as %s', (url, host, own) => {
  expect(isOwnHost(host, new URL(url))).toBe(own);
});
