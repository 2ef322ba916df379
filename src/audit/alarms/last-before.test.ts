import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decisions } from '../../../test/builders/evidence.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import { lastBefore } from './last-before.ts';

test('the last record before a time is found, whatever retention has taken, with few looks', async () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(numbers, fc.nat(60), fc.integer({ min: -2, max: 200 }), async (pauses, prunedTo, after) => {
      const clock = new FakeClock();
      const from = clock.now();
      const ledger = new FakeLedger(clock);
      for (const [index, ms] of pauses.entries()) {
        await clock.advance(ms);
        await ledger.append(decisions(1, index + 1));
      }
      ledger.prunedTo = Math.min(prunedTo, pauses.length);
      const time = from + after;
      let looks = 0;
      const counted = {
        head: () => ledger.head(),
        read: async (...asked: Parameters<FakeLedger['read']>) => {
          looks += 1;
          return await ledger.read(...asked);
        },
      };
      const found = await lastBefore(counted, time);
      const kept = ledger.records.filter(({ seq }) => seq > ledger.prunedTo);
      const next = kept.filter(({ seq }) => seq > found);
      expect(next).toEqual(kept.filter((record) => Date.parse(record.time) >= time));
      expect(looks).toBeLessThanOrEqual(7);
    }),
  );
});
