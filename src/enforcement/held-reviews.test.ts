import { expect, test } from 'vitest';
import { createHeldReviews } from './held-reviews.ts';

test('[R14] one requester holds so many commands, all together so many, and each that is let go makes room', () => {
  const counts: number[] = [];
  const held = createHeldReviews({ heldPerRequester: 2, heldInAll: 3 }, (count) => counts.push(count));
  const first = held.enter('alice');
  expect(held.enter('alice')).toBeDefined();
  expect(held.enter('alice')).toBeUndefined();
  expect(held.enter('bob')).toBeDefined();
  expect(held.enter('carol')).toBeUndefined();
  first?.();
  expect(held.enter('carol')).toBeDefined();
  expect(held.enter('alice')).toBeUndefined();
  expect(counts).toEqual([1, 2, 3, 2, 3]);
});
