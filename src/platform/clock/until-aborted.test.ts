import { expect, test } from 'vitest';
import { untilAborted } from './until-aborted.ts';

test('waits for the signal, and not at all where it was given already', async () => {
  const stop = new AbortController();
  const told: string[] = [];
  const waiting = untilAborted(stop.signal).then(() => told.push('waited'));
  await untilAborted(AbortSignal.abort()).then(() => told.push('at once'));
  expect(told).toEqual(['at once']);
  stop.abort();
  await waiting;
  expect(told).toEqual(['at once', 'waited']);
});
