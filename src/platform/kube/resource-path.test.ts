import { describe, expect, it } from 'vitest';
import { resourcePath } from './resource-path.ts';

const pods = { group: '', version: 'v1', plural: 'pods' };

describe('a resource path', () => {
  it.each([
    ['a collection of the core group', pods, '/api/v1/pods'],
    ['an object', { ...pods, namespace: 'prod', name: 'web-0' }, '/api/v1/namespaces/prod/pods/web-0'],
    [
      'a subresource',
      { ...pods, namespace: 'prod', name: 'web-0', subresource: 'exec' },
      '/api/v1/namespaces/prod/pods/web-0/exec',
    ],
    [
      'a cluster-scoped object of a group',
      { group: 'g.io', version: 'v1', plural: 'xs', name: 'a' },
      '/apis/g.io/v1/xs/a',
    ],
    [
      'a name with what a URL would read',
      { ...pods, namespace: 'prod', name: 'a/../b?c#d' },
      '/api/v1/namespaces/prod/pods/a%2F..%2Fb%3Fc%23d',
    ],
    ['a name of RBAC', { group: 'g', version: 'v1', plural: 'roles', name: 'system:x' }, '/apis/g/v1/roles/system%3Ax'],
  ])('names %s', (_, location, path) => {
    expect(resourcePath(location)).toBe(path);
  });

  it.each([
    ['an empty name', { ...pods, name: '' }],
    ['an empty namespace', { ...pods, namespace: '' }],
    ['two dots', { ...pods, name: '..' }],
    ['two dots in a subresource', { ...pods, name: 'a', subresource: 'proxy/..' }],
    ['a subresource of nothing', { ...pods, subresource: 'exec' }],
  ])('refuses %s', (_, location) => {
    expect(() => resourcePath(location)).toThrow(RangeError);
  });
});
