import { expect, test } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { createBell } from './bell.ts';

const NEVER = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

function waiting(signal = NEVER) {
  const clock = new FakeClock();
  const bell = createBell();
  const told: string[] = [];
  const wait = async (): Promise<void> => {
    await bell.wait(clock, 1_000, signal);
    told.push('woken');
  };
  return { clock, bell, told, wait };
}

test('waits until it rings', async () => {
  const { bell, told, wait } = waiting();
  const done = wait();
  await settled();
  expect(told).toEqual([]);
  bell.ring();
  await done;
  expect(told).toEqual(['woken']);
});

test('waits for nothing where it rang while nobody waited, once', async () => {
  const { clock, bell, told, wait } = waiting();
  bell.ring();
  bell.ring();
  await wait();
  const second = wait();
  await settled();
  expect(told).toEqual(['woken']);
  await clock.advance(1_000);
  await second;
  expect(told).toEqual(['woken', 'woken']);
});

test('a ring that woke somebody is not kept for the next', async () => {
  const { bell, told, wait, clock } = waiting();
  const first = wait();
  bell.ring();
  await first;
  const second = wait();
  await settled();
  expect(told).toEqual(['woken']);
  await clock.advance(1_000);
  await second;
});

test('the signal ends a wait, and there is none after it', async () => {
  const stop = new AbortController();
  const { told, wait } = waiting(stop.signal);
  const done = wait();
  await settled();
  stop.abort();
  await done;
  await wait();
  expect(told).toEqual(['woken', 'woken']);
});
