import { describe, expect, test } from 'vitest';
import { connectedName } from './proxied-name.ts';

describe('the name of what is connected to', () => {
  test.each<[string, string, string, string]>([
    ['a proxied name alone', 'proxy', 'web-0', 'web-0'],
    ['one with a port', 'proxy', 'web-0:8080', 'web-0'],
    ['one with the name of a port', 'proxy', 'web:http', 'web'],
    ['one with scheme and port', 'proxy', 'https:web-0:8443', 'web-0'],
    ['one with a scheme and no port', 'proxy', 'https:web-0:', 'web-0'],
    ['one that no server would take', 'proxy', 'a:b:c:d', 'a'],
    ['that of an exec, which has no port', 'exec', 'web-0', 'web-0'],
  ])('%s', (_, subresource, name, expected) => {
    expect(connectedName({ operation: 'CONNECT', subresource, name })).toBe(expected);
  });

  test('is as written where nothing is connected to', () => {
    expect(connectedName({ operation: 'UPDATE', subresource: 'proxy', name: 'a:b' })).toBe('a:b');
    expect(connectedName({ operation: 'CREATE' })).toBeUndefined();
  });
});
