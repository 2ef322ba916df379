import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

test.each<[string, failures: number, random: number, ms: number]>([
  ['the first failure waits for the base', 1, 1, 1_000],
  ['each failure doubles it', 4, 1, 8_000],
  ['it ends at the cap', 6, 1, 30_000],
  ['it stays there, however many there were', 5_000, 1, 30_000],
  ['chance takes half of it at the most', 4, 0, 4_000],
])('%s', (_, failures, random, ms) => {
  expect(backoffMs({ baseMs: 1_000, capMs: 30_000 }, failures, () => random)).toBe(ms);
});
