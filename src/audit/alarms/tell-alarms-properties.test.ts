import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AlarmsWorld } from '../../../test/builders/alarms-world.ts';
import { decisions } from '../../../test/builders/evidence.ts';
import type { AlarmKind } from '../../core/evidence/alarm.ts';

/** What may happen to who tells, and to whom it is told. */
type Step =
  | { readonly type: 'Alarms'; readonly kind: AlarmKind; readonly count: number }
  | { readonly type: 'Others' }
  | { readonly type: 'Time'; readonly ms: number }
  | { readonly type: 'Channel'; readonly does: 'Takes' | 'TakesUnheard' | 'Hangs' | 'Refuses' | 'IsAway' }
  | { readonly type: 'Restart'; readonly how: 'Stops' | 'Dies' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('Alarms' as const),
    kind: fc.constantFrom('Bypass' as const, 'Loss' as const),
    count: fc.integer({ min: 1, max: 9 }),
  }),
  fc.constant({ type: 'Others' as const }),
  fc.record({ type: fc.constant('Time' as const), ms: fc.integer({ min: 0, max: 90_000 }) }),
  fc.record({
    type: fc.constant('Channel' as const),
    does: fc.constantFrom(
      'Takes' as const,
      'TakesUnheard' as const,
      'Hangs' as const,
      'Refuses' as const,
      'IsAway' as const,
    ),
  }),
  fc.record({ type: fc.constant('Restart' as const), how: fc.constantFrom('Stops' as const, 'Dies' as const) }),
);

async function take(world: AlarmsWorld, one: Step, others: { count: number }): Promise<number> {
  const channel = world.channel();
  switch (one.type) {
    case 'Alarms':
      await world.alarm(one.kind, one.count);
      return one.count;
    case 'Others':
      others.count += 1;
      await world.ledger.append(decisions(1, others.count));
      return 0;
    case 'Time':
      await world.clock.advance(one.ms);
      return 0;
    case 'Restart':
      await world.end(one.how);
      await world.start();
      return 0;
    case 'Channel':
      channel.judge = (message) => {
        if (one.does === 'TakesUnheard') channel.told.push(message);
        if (one.does === 'Takes') return { type: 'Told' };
        if (one.does === 'Refuses') return { type: 'Refused', why: 'no' };
        return one.does === 'IsAway' ? { type: 'Delayed', why: 'away' } : 'Hangs';
      };
      return 0;
  }
}

test('whatever happens, each alarm is told; by id, once; and an id always means the same alarms', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const world = new AlarmsWorld('Slack #security');
      await world.start();
      let raised = 0;
      const others = { count: 0 };
      for (const one of steps) raised += await take(world, one, others);
      const channel = world.channel();
      channel.judge = () => ({ type: 'Told' });
      await world.clock.advance(20 * 60_000);
      await world.end();
      const counts = new Map<string, Set<string>>();
      for (const { id, notice } of channel.told) {
        const of = counts.get(id) ?? new Set();
        counts.set(id, of.add(`${notice.count} ${notice.alarm} ${notice.facts[1]?.text}`));
      }
      for (const meanings of counts.values()) expect([...meanings]).toHaveLength(1);
      const told = [...counts.values()].map(([meaning = '']) => Number.parseInt(meaning, 10));
      expect(told.reduce((sum, count) => sum + count, 0)).toBe(raised);
    }),
    { numRuns: 500 },
  );
}, 60_000);
