import { describe, expect, it } from 'vitest';
import { worldTelling } from '../../test/builders/notify-world.ts';
import { timestamp } from '../core/approval/approval-state.ts';
import { DeliveryDelayedError } from './channel.ts';
import { FakeChannel } from './fake-channel.ts';

describe('the order in which a destination is told', () => {
  it('tells new requests and endings before mere progress', async () => {
    const made = worldTelling();
    const slack = new FakeChannel(made.clock);
    const { kill } = made.start([slack]);
    const names = ['a', 'b', 'c'];
    for (const name of names) made.ask(name);
    await made.advance(5_000);
    const order: string[] = [];
    slack.before = ({ request }) => order.push(request.metadata.name);
    const voted = { uid: 'v', name: 'v', person: 'bob', username: 'bob', decision: 'Approve', via: 'Slack' } as const;
    for (const name of names)
      made.change(name, (status) => ({ ...status, votes: [{ ...voted, at: timestamp(made.clock.now()) }] }));
    made.ask('d');
    await made.advance(10_000);
    expect(order).toContain('d');
    expect(order.indexOf('d')).toBeLessThan(2);
    expect(order).toHaveLength(4);
    kill();
  });

  it('asks before it tells of endings, and before it tries again what a broken destination holds', async () => {
    const made = worldTelling();
    const slack = new FakeChannel(made.clock);
    const { kill } = made.start([slack]);
    const names = Array.from({ length: 20 }, (_, index) => `r-${index}`);
    for (const name of names) made.ask(name);
    await made.advance(40_000);
    expect(slack.messages).toHaveLength(20);
    for (const name of names)
      made.change(name, (status) => ({ ...status, state: 'Revoked', endedAt: timestamp(made.clock.now()) }));
    await made.advance(0);
    made.ask('new');
    await made.advance(3_000);
    expect(slack.messages.map(({ request }) => request)).toContain('new');
    slack.before = () => {
      throw new DeliveryDelayedError('connection refused');
    };
    await made.advance(120_000);
    made.ask('newer');
    await made.advance(61_000);
    expect(made.entry('newer')?.problem).toBe('unavailable: connection refused');
    kill();
  });
});
