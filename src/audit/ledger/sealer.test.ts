import { expect, test } from 'vitest';
import { recordedEvents } from '../../../test/builders/ledger.ts';
import type { ClosedSegment } from './seal-segment.ts';
import { createSealer } from './sealer.ts';
import type { Seal } from './signed-file.ts';

function sealerThat(fails: (segment: ClosedSegment) => boolean) {
  const events = recordedEvents();
  const sealer = createSealer(async ({ first, head }) => {
    await Promise.resolve();
    if (fails({ first, head })) throw new Error(`no seal of ${first}`);
    return { first, last: first + 9 } as Seal;
  }, events);
  return { sealer, told: events.told };
}
const segment = (first: number): ClosedSegment => ({ first, head: '' });

test('a segment is sealed after a round in which there was nothing to seal', async () => {
  const { sealer, told } = sealerThat(() => false);
  await sealer.settle();
  await sealer.settle();
  sealer.add(segment(1));
  await sealer.settle();
  expect(told).toEqual(['sealed 1 to 10']);
});

test('segments that come while one is sealed follow it, each once', async () => {
  const { sealer, told } = sealerThat(() => false);
  for (const first of [1, 11, 21]) sealer.add(segment(first));
  await sealer.settle();
  expect(told).toEqual(['sealed 1 to 10', 'sealed 11 to 20', 'sealed 21 to 30']);
});

test('what could not be sealed is tried again at the next round, and keeps no other waiting', async () => {
  let isDiskFull = true;
  const { sealer, told } = sealerThat(({ first }) => first === 1 && isDiskFull);
  for (const first of [1, 11]) sealer.add(segment(first));
  await sealer.settle();
  isDiskFull = false;
  await sealer.settle();
  expect(told).toEqual(['Seal: no seal of 1', 'sealed 11 to 20', 'sealed 1 to 10']);
});
