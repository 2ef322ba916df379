import { expect, test } from 'vitest';
import { FakeClock } from '../ports/fake-clock.ts';
import { createPace } from './put-back-pace.ts';

test('what is changed now and then is put back at once; what is fought over, ever later', async () => {
  const clock = new FakeClock(0);
  const pace = createPace(clock);
  const pauses = [];
  for (let time = 0; time < 12; time += 1) {
    pauses.push(pace.pause());
    pace.note();
  }
  expect(pauses).toEqual([0, 0, 0, 0, 0, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  await clock.advance(60_000);
  expect(pace.pause()).toBe(0);
});
