import { expect, test } from 'vitest';
import { EvaluationLimitError } from './evaluation-limit-error.ts';
import { runGuarded } from './run-guarded.ts';

test('returns what the work returns', () => {
  expect(runGuarded(() => 41 + 1, 1000)).toBe(42);
});

test('passes on what the work throws', () => {
  const failure = new RangeError('deep');
  const work = (): never => {
    throw failure;
  };
  expect(() => runGuarded(work, 1000)).toThrow(failure);
});

test('stops work that catches everything', () => {
  let caught = 0;
  const stubborn = (): void => {
    while (caught >= 0)
      try {
        for (;;) caught += 0;
      } catch {
        caught += 1;
      }
  };
  expect(() => runGuarded(stubborn, 20)).toThrow(EvaluationLimitError);
  expect(caught).toBe(0);
});

test('leaves nothing behind', () => {
  const before = Reflect.ownKeys(globalThis);
  runGuarded(() => 1, 1000);
  expect(Reflect.ownKeys(globalThis)).toEqual(before);
});
