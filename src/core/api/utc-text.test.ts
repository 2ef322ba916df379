import { expect, test } from 'vitest';
import { utcText } from './utc-text.ts';

test.each<[string, timestamp: string, text: string | undefined]>([
  ['a time of another zone', '2026-11-21T13:30:00+01:00', '2026-11-21 12:30:00 UTC'],
  ['parts of a second, which are left out', '2026-11-21T12:30:00.999Z', '2026-11-21 12:30:00 UTC'],
  ['nothing', '', undefined],
  ['what is no time', 'yesterday', undefined],
])('%s', (_, timestamp, text) => {
  expect(utcText(timestamp)).toBe(text);
});
