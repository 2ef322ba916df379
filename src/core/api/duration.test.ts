import { expect, test } from 'vitest';
import { durationSeconds, LONGEST_SECONDS } from './duration.ts';

test.each([
  ['90s', 90],
  ['10m', 600],
  ['1h30m', 5_400],
  ['1h2m3s', 3_723],
  ['0s', 0],
  ['720h', LONGEST_SECONDS],
  ['2592000s', undefined], // more digits than a person writes,
  ['720h1s', undefined],
  ['', undefined],
  ['10', undefined],
  ['1.5h', undefined],
  ['-1m', undefined],
  ['1m1h', undefined],
  ['1d', undefined],
  [' 1m', undefined],
  ['1m\n', undefined],
  ['100ms', undefined],
  ['99999999999999999999h', undefined],
])('%j is %s seconds', (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds);
});
