import { expect, test } from 'vitest';
import { createPlaces } from './places.ts';

test('one user takes no more than their share, and all no more than there is', () => {
  const places = createPlaces(3, 2);
  expect(['a', 'a', 'a', 'b', 'c'].map((user) => places.take(user))).toEqual([true, true, false, true, false]);
  places.leave('a');
  expect(places.take('c')).toBe(true);
  expect(places.take('a'), 'none is left').toBe(false);
});

test('who has none leaves none', () => {
  const places = createPlaces(1, 1);
  places.leave('a');
  expect([places.take('a'), places.take('b')]).toEqual([true, false]);
});
