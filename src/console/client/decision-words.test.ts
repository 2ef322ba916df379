import { expect, test } from 'vitest';
import { MAX_REASON, reasonFault } from './decision-words.ts';

test.each(['Deny', 'BreakGlass'] as const)('%s needs a reason that is more than spaces', (decision) => {
  expect(reasonFault(decision, ' \n')).toBe('A reason is required.');
  expect(reasonFault(decision, 'not now')).toBeUndefined();
});

test.each(['Approve', 'Revoke', 'Cancel', 'Acknowledge'] as const)('%s needs none', (decision) => {
  expect(reasonFault(decision, '')).toBeUndefined();
});

test('a reason ends where the API ends it, counted in characters', () => {
  expect(reasonFault('Approve', '🙂'.repeat(MAX_REASON))).toBeUndefined();
  expect(reasonFault('Approve', '🙂'.repeat(MAX_REASON + 2))).toBe('The reason is 2 characters too long.');
});
