import { expect, test } from 'vitest';
import { createSlots } from './slots.ts';

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

test('gives as many as there are, and the next to whoever came first', async () => {
  const slots = createSlots(2);
  const got: string[] = [];
  for (const name of ['a', 'b', 'c', 'd']) void slots.take().then(() => got.push(name));
  await settled();
  expect(got).toEqual(['a', 'b']);
  slots.give();
  await settled();
  expect(got).toEqual(['a', 'b', 'c']);
  slots.give();
  slots.give();
  slots.give();
  await settled();
  expect(got).toEqual(['a', 'b', 'c', 'd']);
});

test('lets everybody through at the end', async () => {
  const slots = createSlots(1);
  const got: string[] = [];
  for (const name of ['a', 'b', 'c']) void slots.take().then(() => got.push(name));
  slots.wakeAll();
  await settled();
  expect(got).toEqual(['a', 'b', 'c']);
});
