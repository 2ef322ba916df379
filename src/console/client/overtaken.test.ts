import { expect, test } from 'vitest';
import type { May } from '../api.ts';
import { overtakenBy } from './overtaken.ts';

const ok: May = { ok: true };
const may = { Approve: ok, Deny: ok, Revoke: ok, Cancel: ok, Acknowledge: ok, BreakGlass: ok };
const shown = { uid: 'u', digest: 'd', may };

test('what is as it was shown can be decided', () => {
  expect(overtakenBy('Approve', shown, { ...shown })).toBeUndefined();
});

test.each([{ uid: 'other' }, { digest: 'other' }])('another %o must be read first', (change) => {
  expect(overtakenBy('Approve', shown, { ...shown, ...change })).toMatch(/changed since it was shown/);
});

test('what somebody else decided first says so, for that decision only', () => {
  const denied = {
    ...shown,
    may: { ...may, Approve: { ok: false, code: 'Ended', message: 'it was denied' } as const },
  };
  expect(overtakenBy('Approve', shown, denied)).toMatch(/it was denied$/);
  expect(overtakenBy('Deny', shown, denied)).toBeUndefined();
});
