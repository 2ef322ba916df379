import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryAfterSeconds, shortestWaiting, waitingFor } from './waiting.ts';

test.each([30, 60, 120, 600, 3600])('ten tries span %i s, quick at first', (span) => {
  const waits: number[] = [];
  let age = 0;
  for (let wait = retryAfterSeconds(age, span); wait !== undefined; wait = retryAfterSeconds(age, span)) {
    waits.push(wait);
    age += wait;
  }
  expect(waits.length).toBeGreaterThanOrEqual(9);
  expect(waits.length).toBeLessThanOrEqual(10);
  expect(waits[0]).toBe(1);
  expect(age).toBeGreaterThanOrEqual(span);
  expect(waits.slice(0, -1)).toEqual(waits.slice(0, -1).toSorted((a, b) => a - b));
});

test('whatever the age and the span, a wait is a whole number of seconds, at least one, and never past the end', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 7200, noNaN: true }), fc.integer({ min: 0, max: 3600 }), (age, span) => {
      const wait = retryAfterSeconds(age, span);
      expect(wait === undefined).toBe(span === 0 || age >= span);
      expect(wait ?? 1).toBeGreaterThanOrEqual(1);
      expect(Number.isInteger(wait ?? 1)).toBe(true);
      expect(age + (wait ?? 0)).toBeLessThanOrEqual(Math.max(span, age) + 1);
    }),
  );
});

test('with no subjects named, people wait and programs do not', () => {
  const wait = { connect: '55s', write: '10m' };
  expect(waitingFor(wait, 'Human', () => false)).toEqual({ connectSeconds: 55, writeSeconds: 600 });
  expect(waitingFor(wait, 'ServiceAccount', () => false)).toEqual({ connectSeconds: 0, writeSeconds: 0 });
  const named = { ...wait, subjects: [{ kind: 'ServiceAccount' as const, name: 'ci', namespace: 'ci' }] };
  expect(waitingFor(named, 'ServiceAccount', () => true)).toEqual({ connectSeconds: 55, writeSeconds: 600 });
  expect(waitingFor(named, 'Human', () => false)).toEqual({ connectSeconds: 0, writeSeconds: 0 });
});

test('of several policies the shortest wait counts', () => {
  expect(
    shortestWaiting([
      { connectSeconds: 55, writeSeconds: 0 },
      { connectSeconds: 10, writeSeconds: 600 },
    ]),
  ).toEqual({ connectSeconds: 10, writeSeconds: 0 });
  expect(shortestWaiting([])).toEqual({ connectSeconds: 0, writeSeconds: 0 });
});
