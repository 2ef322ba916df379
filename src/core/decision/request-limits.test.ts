import { describe, expect, test } from 'vitest';
import { tooManyRequests } from './request-limits.ts';

const LIMITS = { limits: { pendingPerRequester: 3, pendingInAll: 5 } };

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
});
