import { expect, test } from 'vitest';
import { FakeClock } from '../ports/fake-clock.ts';
import { createLifetime } from './lifetime.ts';

test('ends with the last of what it started, which is told when its time is over', async () => {
  const clock = new FakeClock();
  const lifetime = createLifetime(clock, 1_000);
  const seen: string[] = [];
  expect(lifetime.isRunning()).toBe(false);
  const stop = new AbortController();
  const ended = lifetime.run(stop.signal, () => seen.push('ending')).then(() => seen.push('ended'));
  expect(lifetime.isRunning()).toBe(true);
  const work = clock.sleep(60_000, lifetime.late).catch(() => {
    seen.push('late');
  });
  lifetime.start(work);
  lifetime.start(lifetime.sleep(60_000).then(() => void seen.push('woken')));
  stop.abort();
  expect(lifetime.isRunning()).toBe(false);
  await clock.advance(999);
  expect(seen.toSorted()).toEqual(['ending', 'woken']);
  await clock.advance(1);
  await ended;
  expect(seen.slice(2)).toEqual(['late', 'ended']);
});

test('runs once', async () => {
  const lifetime = createLifetime(new FakeClock(), 0);
  await lifetime.run(AbortSignal.abort(), () => undefined);
  await expect(lifetime.run(AbortSignal.abort(), () => undefined)).rejects.toThrow(/run already/);
});
