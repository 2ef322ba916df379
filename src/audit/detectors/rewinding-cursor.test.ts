import { expect, test } from 'vitest';
import { createRewindingCursor, REWIND_MS } from './rewinding-cursor.ts';

test('what is saved lies ten minutes behind, and is written only when it moves', async () => {
  const saved: number[] = [];
  const rewinding = createRewindingCursor(
    {
      load: () => Promise.resolve(7),
      save: (seq) => {
        saved.push(seq);
        return Promise.resolve();
      },
    },
    REWIND_MS,
  );
  expect(await rewinding.cursor.load()).toBe(7);
  await rewinding.cursor.save(8);
  expect(saved).toEqual([]);
  // A record a second, of an hour.
  for (let second = 0; second < 3_600; second += 1) {
    rewinding.passed(8 + second, second * 1_000);
    await rewinding.cursor.save(8 + second);
  }
  expect(saved[0]).toBe(7);
  expect(saved.at(-1)).toBeGreaterThanOrEqual(7 + 3_600 - 600 - 20);
  expect(saved.at(-1)).toBeLessThanOrEqual(7 + 3_600 - 600);
  expect(saved.length).toBeLessThan(3_600 / 15);
});
