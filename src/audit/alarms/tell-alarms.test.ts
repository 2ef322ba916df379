import { afterEach, describe, expect, test } from 'vitest';
import { AlarmsWorld } from '../../../test/builders/alarms-world.ts';
import { decisions } from '../../../test/builders/evidence.ts';
import type { AlarmMessage, AlarmOutcome } from '../../ports/alarm-channel.ts';

const MINUTE_MS = 60_000;
const DELAYED: AlarmOutcome = { type: 'Delayed', why: 'away' };

let world: AlarmsWorld;
afterEach(async () => {
  await world.end();
});

async function startedWorld(...destinations: readonly string[]): Promise<AlarmsWorld> {
  world = new AlarmsWorld(...(destinations.length === 0 ? ['Slack #security'] : destinations));
  await world.start();
  return world;
}

const said = (messages: readonly AlarmMessage[]) =>
  messages.map(({ notice: { alarm, count, facts } }) => `${count} ${alarm}, ${facts[1]?.text}`);

describe('alarms are told', () => {
  test('the first within seconds, and whatever comes within a minute after it in one message', async () => {
    const { clock, ledger } = await startedWorld();
    await ledger.append(decisions(3));
    await world.alarm('Bypass', 2);
    await clock.advance(3_000);
    expect(said(world.channel().told)).toEqual(['2 Bypass, records 4 to 5']);
    for (let second = 0; second < 50; second += 1) {
      await world.alarm('Bypass', 10);
      await clock.advance(1_000);
    }
    expect(world.channel().told).toHaveLength(1);
    await clock.advance(10_000);
    expect(said(world.channel().told)).toEqual(['2 Bypass, records 4 to 5', '500 Bypass, records 6 to 505']);
    expect(world.channel().told[1]?.notice.examples).toHaveLength(5);
    expect(world.channel().told[1]?.notice.omitted).toBe('and 495 more');
    await clock.advance(10 * MINUTE_MS);
    expect(world.channel().told).toHaveLength(2);
  });

  test('of each kind by themselves: a storm of one hides no other', async () => {
    const { clock } = await startedWorld();
    await world.alarm('Loss', 1_000);
    await clock.advance(4_000);
    await world.alarm('Loss', 1_000);
    await world.alarm('GateRemoved');
    await clock.advance(4_000);
    expect(said(world.channel().told)).toEqual(['1000 Loss, records 1 to 1000', '1 GateRemoved, record 2001']);
  });

  test('to each destination, and one that is away keeps no other waiting', async () => {
    const { clock } = await startedWorld('Slack #security', 'Webhook ops');
    world.channel('Slack #security').judge = () => 'Hangs';
    await world.alarm();
    await clock.advance(4_000);
    expect(said(world.channel('Webhook ops').told)).toEqual(['1 Bypass, record 1']);
    expect(world.channel('Slack #security').told).toEqual([]);
    await world.alarm('Bypass', 7);
    world.channel('Slack #security').judge = () => ({ type: 'Told' });
    await clock.advance(4 * MINUTE_MS);
    expect(said(world.channel('Slack #security').told)).toEqual(['1 Bypass, record 1', '7 Bypass, records 2 to 8']);
    expect(said(world.channel('Webhook ops').told)).toEqual(['1 Bypass, record 1', '7 Bypass, records 2 to 8']);
  });

  test('again and again where it does not answer, with growing waits, under one id', async () => {
    const { clock } = await startedWorld();
    world.channel().judge = () => DELAYED;
    await world.alarm();
    await clock.advance(60 * MINUTE_MS);
    const { attempts } = world.channel();
    expect(attempts.length).toBeGreaterThan(12);
    expect(attempts.length).toBeLessThan(30);
    expect(new Set(attempts.map(({ id }) => id)).size).toBe(1);
    // A channel that can look is told since when it may stand there.
    expect(attempts[0]).not.toHaveProperty('uncertainSince');
    expect(attempts[1]).toMatchObject({ uncertainSince: Date.parse('2026-01-01T00:00:03Z') });
  });

  test('not before the time that the destination says', async () => {
    const { clock } = await startedWorld();
    world.channel().judge = () => ({ type: 'Delayed', why: '429', afterMs: 40_000 });
    await world.alarm();
    await clock.advance(42_000);
    expect(world.channel().attempts).toHaveLength(1);
    await clock.advance(2_000);
    expect(world.channel().attempts).toHaveLength(2);
  });

  test('without what somebody chose, where a destination refuses them: a name must not keep an alarm from being told', async () => {
    const { clock } = await startedWorld();
    world.channel().judge = ({ notice }) =>
      notice.examples.join(' ').includes('XJS*C4JDBQADN1') ? { type: 'Refused', why: '554 spam' } : { type: 'Told' };
    await world.alarm('Bypass', 3, 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE');
    await clock.advance(10_000);
    expect(world.channel().told).toMatchObject([
      { notice: { count: 3, examples: [], omitted: '3 not shown here', title: expect.stringContaining('Bypass') } },
    ]);
    // The next is told in full.
    await world.alarm();
    await clock.advance(2 * MINUTE_MS);
    expect(world.channel().told[1]?.notice.examples).toEqual(['mallory did it, 4']);
  });

  test('also where how far it came cannot be written down', async () => {
    const { clock } = await startedWorld();
    world.refusesToSave = true;
    await world.alarm();
    await clock.advance(4_000);
    expect(said(world.channel().told)).toEqual(['1 Bypass, record 1']);
    await clock.advance(5 * MINUTE_MS);
    expect(world.channel().told).toHaveLength(1);
  });
});

describe('after a restart', () => {
  test('what was told is not told again, and what was not is', async () => {
    const { clock } = await startedWorld();
    await world.alarm();
    await clock.advance(4_000);
    await world.alarm('Bypass', 2);
    await world.end();
    await world.alarm('Impersonation');
    await world.start();
    await clock.advance(MINUTE_MS);
    expect(said(world.channel().told).sort()).toEqual([
      '1 Bypass, record 1',
      '1 Impersonation, record 4',
      '2 Bypass, records 2 to 3',
    ]);
  });

  test('a death between the message and its note tells the same again under the same id, and what came since under another', async () => {
    const { clock } = await startedWorld();
    world.channel().judge = (message) => {
      // It arrives, and nobody hears of that.
      world.channel().told.push(message);
      return 'Hangs';
    };
    await world.alarm('Bypass', 2);
    await clock.advance(4_000);
    await world.end('Dies');
    await world.alarm('Bypass', 5);
    world.channel().judge = () => ({ type: 'Told' });
    await world.start();
    await clock.advance(2 * MINUTE_MS);
    const [first, again, later] = world.channel().told;
    expect(said(world.channel().told)).toEqual([
      '2 Bypass, records 1 to 2',
      '2 Bypass, records 1 to 2',
      '5 Bypass, records 3 to 7',
    ]);
    expect(again?.id).toBe(first?.id);
    expect(again?.notice).toEqual(first?.notice);
    expect(again).toMatchObject({ uncertainSince: Date.parse('2026-01-01T00:00:03Z') });
    expect(later?.id).not.toBe(first?.id);
    expect(later).not.toHaveProperty('uncertainSince');
  });

  test('a process that dies again and again tells no faster', async () => {
    const { clock } = await startedWorld();
    for (let restart = 0; restart < 20; restart += 1) {
      await world.alarm();
      await clock.advance(4_000);
      await world.end('Dies');
      await world.start();
    }
    expect(world.channel().told.length).toBeLessThanOrEqual(2);
  });

  test('a destination that is new hears of nothing old', async () => {
    world = new AlarmsWorld('Slack #security');
    await world.alarm('Bypass', 100);
    await world.start();
    await world.clock.advance(MINUTE_MS);
    expect(world.channel().attempts).toEqual([]);
    await world.alarm();
    await world.clock.advance(MINUTE_MS);
    expect(said(world.channel().told)).toEqual(['1 Bypass, record 101']);
  });

  test('alarms that retention has taken keep nothing waiting', async () => {
    const { clock, ledger } = await startedWorld();
    world.channel().judge = () => DELAYED;
    await world.alarm('Bypass', 2);
    await clock.advance(4_000);
    await world.end();
    ledger.prunedTo = 2;
    world.channel().judge = () => ({ type: 'Told' });
    await world.alarm();
    await world.start();
    await clock.advance(2 * MINUTE_MS);
    expect(said(world.channel().told)).toEqual(['1 Bypass, record 3']);
  });

  test('what was looked through without an alarm is not looked through again', async () => {
    const { clock, ledger } = await startedWorld();
    await ledger.append(decisions(500));
    await clock.advance(31_000);
    await ledger.append(decisions(1, 1_000));
    await clock.advance(1_000);
    expect(world.saved?.['Slack #security']?.['Bypass']).toEqual({ seq: 501 });
  });

  test('nobody knows what was told, where that cannot be read: what came within the last hour is told, and no more', async () => {
    const { clock, ledger } = await startedWorld('Slack #security', 'Webhook ops');
    await ledger.append(decisions(50));
    await world.alarm('Bypass', 4);
    await clock.advance(MINUTE_MS);
    await ledger.append(decisions(50, 100));
    await clock.advance(30 * MINUTE_MS);
    await world.end();
    await clock.advance(15 * MINUTE_MS);
    // While nobody ran to tell of it.
    await world.alarm('Impersonation', 2);
    await clock.advance(20 * MINUTE_MS);
    await world.alarm('Bypass');
    for (const channel of world.channels.values()) channel.told.length = 0;
    world.refusesToLoad = true;
    await world.start();
    await clock.advance(2 * MINUTE_MS);
    for (const { told } of world.channels.values()) {
      expect(said(told).sort()).toEqual(['1 Bypass, record 107', '2 Impersonation, records 105 to 106']);
    }
    await world.end();
    // From then on it is known again.
    world.refusesToLoad = false;
    await world.start();
    await clock.advance(2 * MINUTE_MS);
    expect(world.channel().told).toHaveLength(2);
  });

  test('a ledger that was set back is told of from where it stands', async () => {
    world = new AlarmsWorld('Slack #security');
    world.saved = { 'Slack #security': { Bypass: { seq: 900, until: 950, at: 1 } } };
    await world.alarm();
    await world.start();
    await world.alarm();
    await world.clock.advance(MINUTE_MS);
    expect(said(world.channel().told)).toEqual(['1 Bypass, record 2']);
  });
});
