import { describe, expect, it } from 'vitest';
import { NotifyWorld, PROD_ACCESS, worldTelling } from '../../test/builders/notify-world.ts';
import { DeliveryRefusedError } from './channel.ts';
import { FakeChannel } from './fake-channel.ts';

describe('what a request says of its destinations', () => {
  it.each([
    ['a kind that is not set up', { kind: 'Teams', channel: 'ops' }, 'Teams is not set up'],
    ['a name that the configuration does not have', { kind: 'Webhook', channel: 'nobody' }, 'no Webhook of this name'],
  ] as const)('says NotConfigured of %s, and still tells the others', async (_, entry, message) => {
    const made = new NotifyWorld();
    made.policy({ notify: [{ kind: 'Slack', channel: PROD_ACCESS }, entry] });
    const slack = new FakeChannel(made.clock);
    const webhook = new FakeChannel(made.clock, { kind: 'Webhook', updates: false, destinations: ['ops'] });
    const { kill } = made.start([slack, webhook]);
    made.ask('a');
    await made.advance(5_000);
    expect(slack.messages).toHaveLength(1);
    expect(webhook.messages).toHaveLength(0);
    expect(made.notified('a')).toMatchObject({ status: 'False', reason: 'NotConfigured' });
    expect(made.notified('a')?.message).toContain(message);
    const problem = made.stored('a').status?.notifications?.find(({ channel }) => channel.startsWith(entry.kind));
    expect(problem?.problem).toContain(`not configured: `);
    // The policy is put right: it is not held against the request.
    const policy = made.policies.list()[0];
    if (policy !== undefined)
      made.policies.put({
        ...policy,
        metadata: { ...policy.metadata, generation: 2 },
        spec: { ...policy.spec, notify: [{ kind: 'Slack', channel: PROD_ACCESS }] },
      });
    await made.advance(20_000);
    expect(made.stored('a').status?.notifications).toHaveLength(1);
    expect(made.notified('a')?.status).toBe('True');
    kill();
  });

  it('says what waits, beside what is refused', async () => {
    const made = worldTelling(['Slack', 'Webhook']);
    const slack = new FakeChannel(made.clock);
    const webhook = new FakeChannel(made.clock, { kind: 'Webhook', updates: false });
    webhook.before = () => {
      throw new DeliveryRefusedError('410 Gone');
    };
    const { kill } = made.start([slack, webhook]);
    for (let at = 0; at < 30; at += 1) made.ask(`r-${at}`);
    await made.advance(8_000);
    const entry = made.stored('r-20').status?.notifications?.find(({ channel }) => channel === `Slack ${PROD_ACCESS}`);
    expect(entry).toEqual({
      channel: `Slack ${PROD_ACCESS}`,
      problem: expect.stringMatching(/^waiting behind \d+ others$/),
    });
    expect(made.notified('r-6')).toMatchObject({ reason: 'DestinationRefused' });
    expect(made.notified('r-20')?.message).toMatch(/not told yet: .*Slack #prod-access \(waiting behind \d+ others\)/);
    await made.advance(60_000);
    expect(made.stored('r-20').status?.notifications?.find(({ channel }) => channel === entry?.channel)).toMatchObject({
      told: ['Asked'],
    });
    expect(JSON.stringify(made.stored('r-20').status)).not.toContain('waiting behind');
    kill();
  });
});
