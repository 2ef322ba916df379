import { describe, expect, it } from 'vitest';
import { humanDuration } from '../core/api/human-duration.ts';
import { age, deadlineText, relativeTime } from './relative-time.ts';

const NOW = Date.parse('2026-01-01T10:00:00Z');

describe('humanDuration, as kubectl prints it', () => {
  it.each([
    [-5, '0s'],
    [119, '119s'],
    [120, '2m'],
    [185, '3m5s'],
    [599, '9m59s'],
    [840, '14m'],
    [3 * 3600, '3h'],
    [3 * 3600 + 60, '3h1m'],
    [8 * 3600 + 60, '8h'],
    [49 * 3600, '2d1h'],
    [30 * 86_400, '30d'],
    [3 * 365 * 86_400, '3y'],
    [9 * 365 * 86_400, '9y'],
  ])('%d s is %s', (seconds, expected) => {
    expect(humanDuration(seconds * 1000)).toBe(expected);
  });
});

describe('moments', () => {
  it('ahead, past and unreadable', () => {
    expect(relativeTime('2026-01-01T10:14:30Z', NOW)).toBe('in 14m');
    expect(relativeTime('2026-01-01T09:59:57Z', NOW)).toBe('3s ago');
    expect(relativeTime(undefined, NOW)).toBe('<unknown>');
    expect(age('2026-01-01T09:50:00Z', NOW)).toBe('10m');
    expect(age('soon', NOW)).toBe('<unknown>');
  });

  it('a deadline of another day has its date', () => {
    expect(deadlineText('2026-01-01T10:15:00Z', NOW)).toBe('10:15:00 UTC (in 15m)');
    expect(deadlineText('2026-01-02T09:00:00Z', NOW)).toBe('2026-01-02 09:00:00 UTC (in 23h)');
    expect(deadlineText('', NOW)).toBe('<unknown>');
  });
});
