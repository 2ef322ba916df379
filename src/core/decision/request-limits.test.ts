import { describe, expect, test } from 'vitest';
import { tooManyRequests } from './request-limits.ts';

const LIMITS = { limits: { pendingPerRequester: 3, pendingInAll: 5, cancelledPerRequesterADay: 7 } };

describe('[R14] what is too many says how many, and whose', () => {
  test.each<[string, number, number, string | undefined]>([
    ['below both', 2, 4, undefined],
    [
      'of the requester',
      3,
      4,
      'too many requests are pending: 3 of yours, of at most 3; see them with kubectl sallyport list -A --mine',
    ],
    [
      'of all',
      1,
      5,
      'too many requests are pending: 5 of all together, of at most 5; see them with kubectl sallyport list -A,',
    ],
  ])('%s', (_, ofRequester, inAll, words) => {
    const snapshot = { pending: () => ({ ofRequester, inAll }), cancelled: () => 0 };
    const said = tooManyRequests(snapshot, 'alice', LIMITS, 0);
    expect(words === undefined ? said : said?.slice(0, words.length)).toBe(words);
  });

  test.each<[string, number, string | undefined]>([
    ['fewer than the limit', 6, undefined],
    ['as many as the limit', 7, '7 of your requests were cancelled within a day; wait before you ask for more'],
  ])('of those cancelled within 24 hours: %s', (_, count, words) => {
    const DAY_MS = 86_400_000;
    const cancelled = (username: string, since: number) => (username === 'alice' && since === DAY_MS ? count : 0);
    const snapshot = { pending: () => ({ ofRequester: 0, inAll: 0 }), cancelled };
    expect(tooManyRequests(snapshot, 'alice', LIMITS, 2 * DAY_MS)).toBe(words);
  });
});
