import { expect, test } from 'vitest';
import { throttle } from './throttle.ts';

test('a burst is answered at once, and once more at its end', () => {
  const waits: (() => void)[] = [];
  let count = 0;
  const { call } = throttle(
    1_000,
    (_, callback) => {
      waits.push(callback);
      return () => undefined;
    },
    () => {
      count += 1;
    },
  );
  for (let index = 0; index < 500; index += 1) call();
  expect(count).toBe(1);
  waits[0]?.();
  expect(count).toBe(2);
  waits[1]?.();
  expect(count).toBe(2);
  call();
  expect(count).toBe(3);
});
