import { expect, test } from 'vitest';
import { MAX_REASON, reasonCount, reasonFault } from './decision-words.ts';

test.each(['Deny', 'Revoke', 'BreakGlass'] as const)('%s needs a reason that is more than spaces', (decision) => {
  expect(reasonFault(decision, ' \n')).toBe('A reason is required.');
  expect(reasonFault(decision, 'not now')).toBeUndefined();
});

test.each(['Approve', 'Cancel', 'Acknowledge'] as const)('%s needs none', (decision) => {
  expect(reasonFault(decision, '')).toBeUndefined();
});

test('a reason ends where the API ends it, counted in characters', () => {
  expect(reasonFault('Approve', '🙂'.repeat(MAX_REASON))).toBeUndefined();
  expect(reasonFault('Approve', '🙂'.repeat(MAX_REASON + 2))).toBe('The reason is 2 characters too long.');
});

test('how long a reason is stands below it, also where it is too long', () => {
  expect(reasonCount(' no ')).toBe('2 of 2,048 characters');
  expect(reasonCount('x'.repeat(5000))).toBe('5,000 of 2,048 characters');
});
