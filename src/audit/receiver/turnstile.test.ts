import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { createTurnstile, type Leave } from './turnstile.ts';

function start(atOnce: number, waiting: number) {
  const clock = new FakeClock(0);
  const turnstile = createTurnstile({ atOnce, waiting }, clock);
  const order: string[] = [];
  const leaves: Leave[] = [];
  const enter = (source: string, deadline = 1_000): void => {
    void turnstile.enter(source, deadline).then((leave) => {
      order.push(leave === undefined ? `${source} late` : source);
      if (leave !== undefined) leaves.push(leave);
    });
  };
  const leave = async (): Promise<void> => {
    leaves.shift()?.();
    await clock.advance(0);
  };
  return { clock, turnstile, order, enter, leave };
}

describe('turns', () => {
  test('so many are inside at once, and the next goes in when one leaves', async () => {
    const { clock, order, enter, leave } = start(2, 10);
    for (const source of ['a', 'a', 'a']) enter(source);
    await clock.advance(0);
    expect(order).toEqual(['a', 'a']);
    await leave();
    expect(order).toEqual(['a', 'a', 'a']);
  });

  test('a source with one batch does not wait behind all those of another', async () => {
    const { clock, order, enter, leave } = start(1, 10);
    for (const source of ['flood', 'flood', 'flood', 'flood', 'quiet', 'flood', 'other']) enter(source);
    await clock.advance(0);
    for (let turns = 0; turns < 6; turns++) await leave();
    expect(order).toEqual(['flood', 'flood', 'quiet', 'other', 'flood', 'flood', 'flood']);
  });

  test('of one source the newest goes first: it has the most time left', async () => {
    const { clock, turnstile, order, leave } = start(1, 10);
    const first = await turnstile.enter('a', 1_000);
    for (const name of ['old', 'older', 'newest']) {
      void turnstile.enter('a', 1_000).then((turn) => {
        order.push(name);
        turn?.();
      });
    }
    first?.();
    await clock.advance(0);
    await leave();
    expect(order).toEqual(['newest', 'older', 'old']);
  });

  test('who waits until the deadline goes without a turn, and whoever is behind gets it', async () => {
    const { clock, order, enter, leave } = start(1, 10);
    enter('a');
    enter('b', 500);
    enter('c', 900);
    await clock.advance(499);
    expect(order).toEqual(['a']);
    await clock.advance(1);
    expect(order).toEqual(['a', 'b late']);
    await leave();
    expect(order).toEqual(['a', 'b late', 'c']);
    await clock.advance(10_000);
    expect(order).toHaveLength(3);
  });

  test('no more wait than may, of each source', async () => {
    const { clock, turnstile, order, enter } = start(1, 2);
    for (const source of ['a', 'a', 'a', 'a', 'b']) enter(source);
    await clock.advance(0);
    expect(order).toEqual(['a', 'a late']);
    expect([turnstile.full('a'), turnstile.full('b')]).toEqual([true, false]);
  });

  test('a turn that is ended twice is one turn', async () => {
    const { clock, turnstile, order, enter } = start(1, 10);
    const leave = await turnstile.enter('a', 1_000);
    for (const source of ['b', 'c']) enter(source);
    leave?.();
    leave?.();
    await clock.advance(0);
    expect(order).toEqual(['b']);
  });
});
