import { describe, expect, it, test } from 'vitest';
import { timestamp } from '../core/approval/approval-state.ts';
import { NotifyWorld } from '../../test/builders/notify-world.ts';
import { DeliveryDelayedError, DeliveryRefusedError } from './channel.ts';
import { FakeChannel } from './fake-channel.ts';

const CHANNEL = '#prod-access';

function world(channels = ['Slack'] as readonly ('Slack' | 'Webhook')[]) {
  const made = new NotifyWorld();
  made.policy({ notify: channels.map((kind) => ({ kind, channel: kind === 'Slack' ? CHANNEL : 'ops' })) });
  return made;
}

const entryOf = (made: NotifyWorld, name: string) => made.stored(name).status?.notifications?.[0];

describe('telling people', () => {
  it('tells of a request, writes down that it did, and changes the same message when the request ends', async () => {
    const made = world();
    const slack = new FakeChannel(made.clock);
    const { kill, ended } = made.start([slack]);
    await made.advance(1_500);
    made.ask('a');
    await made.advance(1_000);
    expect(slack.messages).toMatchObject([{ destination: CHANNEL, request: 'a', occasions: ['Asked'] }]);
    expect(entryOf(made, 'a')).toEqual({
      channel: `Slack ${CHANNEL}`,
      told: ['Asked'],
      triedAt: '2026-01-01T00:00:01.500Z',
      at: '2026-01-01T00:00:01.500Z',
      handle: 'handle-of-uid-of-a',
    });
    expect(made.notified('a')).toMatchObject({ status: 'True', reason: 'Told', message: 'told Slack #prod-access' });
    made.change('a', (status) => ({ ...status, state: 'Denied', endedAt: timestamp(made.clock.now()) }));
    await made.advance(5_000);
    expect(slack.messages).toMatchObject([{ occasions: ['Asked', 'Denied'] }]);
    expect(entryOf(made, 'a')?.told).toEqual(['Asked', 'Denied']);
    kill();
    await ended;
  });

  it('changes the message that stands when its requester gives a reason later, once', async () => {
    const made = world(['Slack', 'Webhook']);
    const slack = new FakeChannel(made.clock);
    const webhook = new FakeChannel(made.clock, { kind: 'Webhook', updates: false });
    const reasons: (string | undefined)[] = [];
    slack.before = ({ notice }) => reasons.push(notice.facts.find(({ label }) => label === 'Reason')?.text);
    const { kill } = made.start([slack, webhook]);
    made.ask('a');
    await made.advance(5_000);
    made.giveReason('a', 'INC-99 deploy');
    await made.advance(20_000);
    expect(reasons).toEqual(['(no reason given)', 'INC-99 deploy']);
    expect(slack.messages).toMatchObject([{ occasions: ['Asked', 'ReasonGiven'] }]);
    expect(webhook.messages.map(({ occasions }) => occasions)).toEqual([['Asked'], ['ReasonGiven']]);
    expect(entryOf(made, 'a')?.told).toEqual(['Asked', 'ReasonGiven']);
    kill();
  });

  it('sends one mail where the reason was given before the mail went', async () => {
    const made = new NotifyWorld();
    made.policy({ notify: [{ kind: 'Email', channel: 'sre@example.com' }] });
    const mail = new FakeChannel(made.clock, { kind: 'Email', updates: false });
    const { kill } = made.start([mail]);
    made.ask('a');
    made.giveReason('a', 'INC-99 deploy');
    await made.advance(10_000);
    expect(mail.messages.map(({ occasions }) => occasions)).toEqual([['ReasonGiven', 'Asked']]);
    kill();
  });

  it('leaves the request as it was while nobody can be told, says why, and tells when the destination is back', async () => {
    const made = world();
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
    expect(entryOf(made, 'a')?.problem).toBeUndefined();
    kill();
    await ended;
  });

  it('says nothing of an error of ours to those who read the request', async () => {
    const made = world();
    const slack = new FakeChannel(made.clock);
    slack.before = () => {
      throw new TypeError('connect https://hunter2@10.0.0.1');
    };
    const { kill } = made.start([slack]);
    made.ask('a');
    await made.advance(2_000);
    expect(entryOf(made, 'a')?.problem).toBe('unavailable: an error of Sallyport itself, which its log tells');
    kill();
  });

  it('waits as long as a destination says, and tries nothing else there meanwhile', async () => {
    const made = world();
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
    expect(slack.deliveredAt.get(CHANNEL)).toHaveLength(1);
    await made.advance(4_000);
    expect(slack.messages).toHaveLength(2);
    kill();
  });

  it('gives up after a time, and tries again when something new has happened', async () => {
    const made = world();
    const slack = new FakeChannel(made.clock);
    slack.before = () => {
      throw new DeliveryDelayedError('connection refused');
    };
    const { kill } = made.start([slack], { attemptsMs: 120_000 });
    made.ask('a');
    await made.advance(400_000);
    const tries = slack.deliveredAt.get(CHANNEL)?.length;
    await made.advance(400_000);
    expect(slack.deliveredAt.get(CHANNEL)).toHaveLength(tries ?? 0);
    expect(made.notified('a')?.message).toBe('Slack #prod-access: gave up: connection refused');
    slack.before = undefined;
    made.change('a', (status) => ({ ...status, state: 'Expired', endedAt: timestamp(made.clock.now()) }));
    await made.advance(60_000);
    expect(slack.messages).toMatchObject([{ occasions: ['Asked', 'Expired'] }]);
    kill();
  });

  it('does not ask a destination that refuses again until a policy changes', async () => {
    const made = world();
    const slack = new FakeChannel(made.clock);
    slack.before = () => {
      throw new DeliveryRefusedError('channel_not_found');
    };
    const { kill } = made.start([slack]);
    made.ask('a');
    await made.advance(120_000);
    expect(slack.deliveredAt.get(CHANNEL)).toHaveLength(1);
    expect(made.notified('a')).toMatchObject({ status: 'False', reason: 'DestinationRefused' });
    slack.before = undefined;
    const policy = made.policies.list()[0];
    if (policy !== undefined) made.policies.put({ ...policy, metadata: { ...policy.metadata, generation: 2 } });
    await made.advance(5_000);
    expect(slack.messages).toHaveLength(1);
    kill();
  });

  it.each([
    ['a kind that is not set up', { kind: 'Teams', channel: 'ops' }, 'Teams is not set up'],
    ['a name that the configuration does not have', { kind: 'Webhook', channel: 'nobody' }, 'no Webhook of this name'],
  ] as const)('says NotConfigured of %s, and still tells the others', async (_, entry, message) => {
    const made = new NotifyWorld();
    made.policy({ notify: [{ kind: 'Slack', channel: CHANNEL }, entry] });
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
        spec: { ...policy.spec, notify: [{ kind: 'Slack', channel: CHANNEL }] },
      });
    await made.advance(20_000);
    expect(made.stored('a').status?.notifications).toHaveLength(1);
    expect(made.notified('a')?.status).toBe('True');
    kill();
  });

  it('sends a message for each occasion where messages cannot be changed, in order', async () => {
    const made = world(['Webhook']);
    const webhook = new FakeChannel(made.clock, { kind: 'Webhook', updates: false });
    const { kill } = made.start([webhook]);
    made.ask('a');
    made.change('a', (status) => ({ ...status, state: 'Denied', endedAt: timestamp(made.clock.now()) }));
    await made.advance(10_000);
    expect(webhook.messages.map(({ occasions }) => occasions)).toEqual([['Asked'], ['Denied']]);
    expect(new Set(webhook.messages.flatMap(({ ids }) => ids)).size).toBe(2);
    kill();
  });

  it('reminds once, quietly, and only while nothing is decided', async () => {
    const made = world();
    const slack = new FakeChannel(made.clock);
    const { kill } = made.start([slack], { reminderShare: 0.5 });
    made.ask('a');
    made.ask('b');
    await made.advance(60_000);
    made.change('b', (status) => ({ ...status, state: 'Denied', endedAt: timestamp(made.clock.now()) }));
    await made.advance(1_800_000);
    expect(slack.messages.map(({ occasions }) => occasions)).toEqual([
      ['Asked', 'Reminder'],
      ['Asked', 'Denied'],
    ]);
    kill();
  });

  it('tells nobody of a request that ended long ago when a policy names somebody new', async () => {
    const made = new NotifyWorld();
    const slack = new FakeChannel(made.clock);
    made.policy({});
    const { kill } = made.start([slack]);
    made.ask('a', { state: 'Denied', endedAt: timestamp(made.clock.now()) });
    await made.advance(3 * 3_600_000);
    made.policies.put({
      ...made.policy({ notify: [{ kind: 'Slack', channel: CHANNEL }] }),
      metadata: { name: 'prod-shells', uid: 'prod-shells-uid', generation: 2 },
    });
    await made.advance(60_000);
    expect(slack.messages).toEqual([]);
    kill();
  });

  it('tells new requests and endings before mere progress', async () => {
    const made = world();
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
    const made = world();
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
    expect(entryOf(made, 'newer')?.problem).toBe('unavailable: connection refused');
    kill();
  });

  it('says what waits, beside what is refused', async () => {
    const made = world(['Slack', 'Webhook']);
    const slack = new FakeChannel(made.clock);
    const webhook = new FakeChannel(made.clock, { kind: 'Webhook', updates: false });
    webhook.before = () => {
      throw new DeliveryRefusedError('410 Gone');
    };
    const { kill } = made.start([slack, webhook]);
    for (let at = 0; at < 30; at += 1) made.ask(`r-${at}`);
    await made.advance(8_000);
    const entry = made.stored('r-20').status?.notifications?.find(({ channel }) => channel === `Slack ${CHANNEL}`);
    expect(entry).toEqual({
      channel: `Slack ${CHANNEL}`,
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

  it('counts a window: the third use is told, and what is told stays short', async () => {
    const made = world();
    const slack = new FakeChannel(made.clock);
    const { kill } = made.start([slack]);
    made.ask('a');
    await made.advance(3_000);
    const uses = Array.from({ length: 3 }, (_, at) => ({
      id: `u${at}`,
      decision: 'd',
      at: timestamp(made.clock.now()),
      username: 'alice',
    }));
    made.change('a', (status) => ({ ...status, uses }));
    await made.advance(3_000);
    expect(slack.messages[0]?.occasions).toEqual(['Asked', 'Used', 'Used', 'Used']);
    expect(entryOf(made, 'a')?.told).toEqual(['Asked', 'Used#3']);
    kill();
  });
});

test.each([
  ['a restart', false],
  ['a death in the middle of a delivery', true],
])(
  '500 requests in a minute: at most one message a second, none lost, none doubled, over %s',
  async (_, isDeath) => {
    const made = world();
    const slack = new FakeChannel(made.clock);
    let isDead = false;
    let process = made.start([slack], {}, async (when, what) => {
      // It has arrived, and nobody writes it down.
      if (isDeath && made.requests.list().length > 250 && when === 'after' && what === 'deliver') isDead = true;
      if (isDead) await new Promise(() => {});
    });
    for (let at = 0; at < 500; at += 1) {
      made.ask(`r-${at}`);
      if (at === 260) {
        process.kill();
        process = made.start([slack]);
      }
      await made.advance(120);
    }
    await made.advance(480_000);
    expect(isDead).toBe(isDeath);
    expect(slack.messages).toHaveLength(500);
    expect(new Set(slack.messages.map(({ request }) => request)).size).toBe(500);
    const times = slack.deliveredAt.get(CHANNEL) ?? [];
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
    for (let at = 0; at < 500; at += 1) expect(made.notified(`r-${at}`)?.status).toBe('True');
    process.kill();
  },
  60_000,
);
