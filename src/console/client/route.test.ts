import { describe, expect, test } from 'vitest';
import { changed, pathOf, type Route, routeOf } from './route.ts';

const parsed = (address: string): Route => {
  const { pathname, search } = new URL(address, 'https://console.example.com');
  return routeOf(pathname, search);
};

describe('an address and its page', () => {
  const ROUTES: Readonly<Record<string, [address: string, route: Route]>> = {
    'what waits for me': ['/', { page: 'List', view: 'waiting', filters: {} }],
    mine: ['/requests?view=mine&state=Denied', { page: 'List', view: 'mine', filters: { state: 'Denied' } }],
    'all, filtered': [
      '/requests?namespace=prod&requester=a%40example.com&q=web+0&cursor=c2',
      {
        page: 'List',
        view: 'all',
        filters: { namespace: 'prod', requester: 'a@example.com', q: 'web 0', cursor: 'c2' },
      },
    ],
    'trying a policy': ['/backtest', { page: 'Backtest' }],
    'one request': ['/requests/prod/exec-web-0', { page: 'Request', namespace: 'prod', name: 'exec-web-0' }],
    'a request with a name that is no path': [
      '/requests/prod/a%2F..%3F',
      { page: 'Request', namespace: 'prod', name: 'a/..?' },
    ],
  };

  test.each(Object.entries(ROUTES))('%s, there and back', (_, [address, route]) => {
    expect(parsed(address)).toEqual(route);
    expect(parsed(pathOf(route))).toEqual(route);
  });

  test.each(['/requests/prod', '/requests/prod/a/b', '/requests/%/a', '/all', '/api/v1/me'])(
    '%s is none',
    (address) => {
      expect(parsed(address)).toEqual({ page: 'Unknown' });
    },
  );

  test('a state that does not exist is no filter', () => {
    expect(parsed('/requests?state=javascript:alert(1)')).toEqual({ page: 'List', view: 'all', filters: {} });
  });

  test('whatever a request is called, its link stays here', () => {
    const link = pathOf({ page: 'Request', namespace: 'javascript:alert(1)', name: '//evil.example/"onclick=' });
    expect(link).toMatch(/^\/requests\/[\w%().-]+\/[\w%.-]+$/);
    expect(new URL(link, 'https://console.example.com').origin).toBe('https://console.example.com');
  });
});

describe('a change of the filters', () => {
  test('goes back to the first page', () => {
    expect(changed({ q: 'web', cursor: 'c2' }, { namespace: 'prod' })).toEqual({ q: 'web', namespace: 'prod' });
  });

  test('to nothing takes the filter out', () => {
    expect(changed({ q: 'web', namespace: 'prod' }, { q: '' })).toEqual({ namespace: 'prod' });
  });

  test('to another page keeps the others', () => {
    expect(changed({ q: 'web' }, { cursor: 'c3' })).toEqual({ q: 'web', cursor: 'c3' });
  });
});
