import { expect, test } from 'vitest';
import { isFresh, STALE_AFTER_MS } from './snapshot.ts';

const NOW = 1_000_000;

test.each([
  ['what is known as of now', NOW, true],
  ['what was known ten seconds ago', NOW - STALE_AFTER_MS, true],
  ['what is older', NOW - STALE_AFTER_MS - 1, false],
  ['what was never known', 0, false],
  ['what lies ahead, because the clock was set back', NOW + 1, false],
])('[R1] %s', (_, freshAt, fresh) => {
  expect(isFresh({ freshAt }, NOW)).toBe(fresh);
});
