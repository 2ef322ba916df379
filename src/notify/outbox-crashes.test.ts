import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { expect, test } from 'vitest';
import { timestamp } from '../core/approval/approval-state.ts';
import { NotifyWorld, type Step } from '../../test/builders/notify-world.ts';
import { FakeChannel } from './fake-channel.ts';

/** What happens in the cluster, in order, with the time before it. */
const happening = record({
  afterMs: integer({ min: 0, max: 3_000 }),
  request: integer({ min: 0, max: 3 }),
  what: constantFrom('Ask', 'Vote', 'End'),
});

/** How many calls a process makes before it dies in the middle of one: each await is a place to die. */
const lives = array(integer({ min: 1, max: 40 }), { maxLength: 6 });

/** Dies at a call and never comes back, as a killed process. */
function dying(calls: number, died: () => void): Step {
  let made = 0;
  let isDead = false;
  return async () => {
    made += 1;
    if (made === calls) {
      isDead = true;
      died();
    }
    if (isDead) await new Promise(() => {});
  };
}

test('whenever the process dies, each destination is told of everything, once, and at its pace', async () => {
  await assert(
    asyncProperty(array(happening, { minLength: 1, maxLength: 12 }), lives, async (happenings, deaths) => {
      const made = new NotifyWorld();
      made.policy({
        notify: [
          { kind: 'Slack', channel: '#prod' },
          { kind: 'Webhook', channel: 'ops' },
        ],
      });
      const slack = new FakeChannel(made.clock);
      const webhook = new FakeChannel(made.clock, { kind: 'Webhook', updates: false, intervalMs: 500 });
      const left = [...deaths];
      const start = (): void => {
        const calls = left.shift();
        if (calls === undefined) {
          made.start([slack, webhook]);
          return;
        }
        const process = made.start(
          [slack, webhook],
          {},
          dying(calls, () => {
            // Another begins after a while, as leader elections go. What the dead one had planned never comes.
            process.kill();
            made.clock.after(200, start);
          }),
        );
      };
      start();
      const expected = new Map<string, Set<string>>();
      for (const { afterMs, request, what } of happenings) {
        await made.advance(afterMs);
        act(made, `r-${request}`, what, expected);
      }
      for (let turn = 0; turn < 40; turn += 1) await made.advance(10_000);

      for (const [name, occasions] of expected) {
        const told = slack.messages.filter((message) => message.request === name);
        expect(told).toHaveLength(1);
        const events = webhook.messages
          .filter((message) => message.request === name)
          .flatMap((message) => message.occasions);
        expect(events.toSorted()).toEqual([...occasions].toSorted());
        expect(made.notified(name)?.status).toBe('True');
        for (const entry of made.stored(name).status?.notifications ?? [])
          expect(entry.told?.toSorted()).toEqual([...occasions].toSorted());
      }
      for (const channel of [slack, webhook])
        for (const times of channel.deliveredAt.values())
          for (const [index, time] of times.slice(1).entries())
            expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(channel.intervalMs);
    }),
    { numRuns: 200 },
  );
}, 120_000);

function act(made: NotifyWorld, name: string, what: 'Ask' | 'Vote' | 'End', expected: Map<string, Set<string>>): void {
  const occasions = expected.get(name);
  if (what === 'Ask') {
    if (occasions !== undefined) return;
    made.ask(name);
    expected.set(name, new Set(['Asked']));
    return;
  }
  const now = timestamp(made.clock.now());
  if (occasions === undefined || occasions.has('Denied') || (what === 'Vote' && occasions.has('Voted'))) return;
  occasions.add(what === 'Vote' ? 'Voted' : 'Denied');
  made.change(name, (status) =>
    what === 'Vote'
      ? {
          ...status,
          votes: [{ uid: 'v', name: 'v', person: 'bob', username: 'bob', decision: 'Approve', via: 'Slack', at: now }],
        }
      : { ...status, state: 'Denied', endedAt: now },
  );
}
