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

test('work that stands still for longer than its time, but uses none of it, is begun again', () => {
  const sleeping = new Int32Array(new SharedArrayBuffer(4));
  let begun = 0;
  const late = (): number => {
    begun += 1;
    if (begun === 1) Atomics.wait(sleeping, 0, 0, 60);
    for (let spin = 0; spin < 1_000; spin += 1) begun += 0;
    return begun;
  };
  expect(runGuarded(late, 20)).toBe(2);
});

test('leaves nothing behind', () => {
  const before = Reflect.ownKeys(globalThis);
  runGuarded(() => 1, 1000);
  expect(Reflect.ownKeys(globalThis)).toEqual(before);
});
