import { describe, expect, test } from 'vitest';
import { resourceName } from './resource-name.ts';

describe('the name of a resource', () => {
  test.each([
    ['is its plural in the core group', { resource: 'pods', group: '' }, 'pods'],
    ['has its subresource', { resource: 'pods', subresource: 'exec' }, 'pods/exec'],
    ['has its group', { resource: 'deployments', group: 'apps' }, 'deployments.apps'],
    ['has both', { resource: 'deployments', subresource: 'scale', group: 'apps' }, 'deployments/scale.apps'],
  ])('%s', (_what, parts, name) => {
    expect(resourceName(parts)).toBe(name);
  });
});
