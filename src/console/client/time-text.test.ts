import { describe, expect, test } from 'vitest';
import { relativeText, spanText } from './time-text.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

describe('a span', () => {
  test.each<[number, string]>([
    [-5, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [252_000, '4m 12s'],
    [7_500_000, '2h 5m'],
    [86_400_000, '1d'],
    [100 * 86_400_000, '100d'],
  ])('of %i ms is %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});

describe('a time beside now', () => {
  test.each<[string, string | undefined]>([
    ['2026-11-21T12:04:12Z', 'in 4m 12s'],
    ['2026-11-21T11:59:58Z', 'now'],
    ['2026-11-21T11:56:30Z', '3m ago'],
    ['2026-11-19T11:00:00Z', '2d ago'],
    ['yesterday', undefined],
  ])('%s is %s', (timestamp, text) => {
    expect(relativeText(timestamp, NOW)).toBe(text);
  });
});
