import { expect, test } from 'vitest';
import type { May } from '../api.ts';
import { DECISIONS } from '../api.ts';
import { allowed, refusals } from './refusals.ts';

const no = (message: string): May => ({ ok: false, code: 'Ended', message });
const may = {
  Approve: no('it has ended'),
  Deny: no('it has ended'),
  Revoke: { ok: true },
  Cancel: no('only the requester may'),
  Acknowledge: { ok: true },
  BreakGlass: no('it has ended'),
} as const;

test('a reason that several have is told once, in the order of the buttons', () => {
  expect(refusals(may)).toEqual([
    { decisions: ['Approve', 'Deny', 'BreakGlass'], message: 'it has ended' },
    { decisions: ['Cancel'], message: 'only the requester may' },
  ]);
  expect(allowed(may)).toEqual(['Revoke', 'Acknowledge']);
});

test('every decision has its button', () => {
  expect(DECISIONS.toSorted()).toEqual(Object.keys(may).toSorted());
});
