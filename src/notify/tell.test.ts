import { describe, expect, it, test } from 'vitest';
import { PROD_ACCESS, worldTelling } from '../../test/builders/notify-world.ts';
import { timestamp } from '../core/approval/approval-state.ts';
import { DeliveryDelayedError, DeliveryRefusedError } from './channel.ts';
import { FakeChannel } from './fake-channel.ts';

describe('a destination that cannot be told', () => {
  it('leaves the request as it was while nobody can be told, says why, and tells when the destination is back', async () => {
    const made = worldTelling();
    const slack = new FakeChannel(made.clock);
    slack.before = () => {
      throw new DeliveryDelayedError('connection refused');
    };
    const { kill, ended } = made.start([slack]);
    made.ask('a');
    await made.advance(60_000);
    expect(made.stored('a').status?.state).toBe('Pending');
    expect(made.notified('a')).toMatchObject({
      status: 'False',
      reason: 'DestinationUnavailable',
      message: 'Slack #prod-access: unavailable: connection refused',
    });
    slack.before = undefined;
    await made.advance(61_000);
    expect(slack.messages).toHaveLength(1);
    expect(made.notified('a')?.status).toBe('True');
    expect(made.entry('a')?.problem).toBeUndefined();
    kill();
    await ended;
  });

  it('says nothing of an error of ours to those who read the request', async () => {
    const made = worldTelling();
    const slack = new FakeChannel(made.clock);
    slack.before = () => {
      throw new TypeError('connect https://hunter2@10.0.0.1');
    };
    const { kill } = made.start([slack]);
    made.ask('a');
    await made.advance(2_000);
    expect(made.entry('a')?.problem).toBe('unavailable: an error of Sallyport itself, which its log tells');
    kill();
  });

  it('waits as long as a destination says, and tries nothing else there meanwhile', async () => {
    const made = worldTelling();
    const slack = new FakeChannel(made.clock);
    slack.before = () => {
      throw new DeliveryDelayedError('rate limited', 30_000);
    };
    const { kill } = made.start([slack]);
    made.ask('a');
    made.ask('b');
    await made.advance(2_000);
    slack.before = undefined;
    await made.advance(28_000);
    expect(slack.deliveredAt.get(PROD_ACCESS)).toHaveLength(1);
    await made.advance(4_000);
    expect(slack.messages).toHaveLength(2);
    kill();
  });

  it('gives up after a time, and tries again when something new has happened', async () => {
    const made = worldTelling();
    const slack = new FakeChannel(made.clock);
    slack.before = () => {
      throw new DeliveryDelayedError('connection refused');
    };
    const { kill } = made.start([slack], { attemptsMs: 120_000 });
    made.ask('a');
    await made.advance(400_000);
    const tries = slack.deliveredAt.get(PROD_ACCESS)?.length;
    await made.advance(400_000);
    expect(slack.deliveredAt.get(PROD_ACCESS)).toHaveLength(tries ?? 0);
    expect(made.notified('a')?.message).toBe('Slack #prod-access: gave up: connection refused');
    slack.before = undefined;
    made.change('a', (status) => ({ ...status, state: 'Expired', endedAt: timestamp(made.clock.now()) }));
    await made.advance(60_000);
    expect(slack.messages).toMatchObject([{ occasions: ['Asked', 'Expired'] }]);
    kill();
  });

  it('does not ask a destination that refuses again until a policy changes', async () => {
    const made = worldTelling();
    const slack = new FakeChannel(made.clock);
    slack.before = () => {
      throw new DeliveryRefusedError('channel_not_found');
    };
    const { kill } = made.start([slack]);
    made.ask('a');
    await made.advance(120_000);
    expect(slack.deliveredAt.get(PROD_ACCESS)).toHaveLength(1);
    expect(made.notified('a')).toMatchObject({ status: 'False', reason: 'DestinationRefused' });
    slack.before = undefined;
    const policy = made.policies.list()[0];
    if (policy !== undefined) made.policies.put({ ...policy, metadata: { ...policy.metadata, generation: 2 } });
    await made.advance(5_000);
    expect(slack.messages).toHaveLength(1);
    kill();
  });
});

test('a process that was paused sends nothing when another may be telling; that one tells', async () => {
  const made = worldTelling();
  const slack = new FakeChannel(made.clock);
  // The pause is between what it writes and what it sends.
  const paused = made.start([slack], {}, async (when, what) => {
    if (when === 'after' && what === 'write') made.stillLeading = false;
  });
  made.ask('a');
  await made.advance(10_000);
  expect(slack.messages).toEqual([]);
  paused.kill();
  await paused.ended;
  made.stillLeading = true;
  const other = made.start([slack]);
  await made.advance(10_000);
  expect(slack.messages).toMatchObject([{ request: 'a', occasions: ['Asked'] }]);
  other.kill();
  await other.ended;
});

test.each([
  ['where the destination asks for a pause before it', ['Pause', 'Lost']],
  ['where the destination asks for a pause after it', ['Lost', 'Pause']],
] as const)('a message of which nobody knows whether it arrived is told once, %s', async (_, course) => {
  const made = worldTelling();
  const slack = new FakeChannel(made.clock);
  let attempt = -1;
  slack.before = () => {
    attempt += 1;
    if (course[attempt] === 'Pause') throw new DeliveryDelayedError('rate limited', 5_000);
  };
  slack.after = () => {
    if (course[attempt] === 'Lost') throw new DeliveryDelayedError('no answer in time');
  };
  const { kill, ended } = made.start([slack]);
  made.ask('a');
  await made.advance(60_000);
  expect(attempt).toBe(2);
  expect(slack.messages).toMatchObject([{ request: 'a', occasions: ['Asked'] }]);
  kill();
  await ended;
});
