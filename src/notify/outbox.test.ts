import { describe, expect, it, test } from 'vitest';
import { NotifyWorld, PROD_ACCESS, worldTelling } from '../../test/builders/notify-world.ts';
import { timestamp } from '../core/approval/approval-state.ts';
import { FakeChannel } from './fake-channel.ts';

describe('telling people', () => {
  it('tells of a request, writes down that it did, and changes the same message when the request ends', async () => {
    const made = worldTelling();
    const slack = new FakeChannel(made.clock);
    const { kill, ended } = made.start([slack]);
    await made.advance(1_500);
    made.ask('a');
    await made.advance(1_000);
    expect(slack.messages).toMatchObject([{ destination: PROD_ACCESS, request: 'a', occasions: ['Asked'] }]);
    expect(made.entry('a')).toEqual({
      channel: `Slack ${PROD_ACCESS}`,
      told: ['Asked'],
      triedAt: '2026-01-01T00:00:01.500Z',
      at: '2026-01-01T00:00:01.500Z',
      handle: 'handle-of-uid-of-a',
    });
    expect(made.notified('a')).toMatchObject({ status: 'True', reason: 'Told', message: 'told Slack #prod-access' });
    made.change('a', (status) => ({ ...status, state: 'Denied', endedAt: timestamp(made.clock.now()) }));
    await made.advance(5_000);
    expect(slack.messages).toMatchObject([{ occasions: ['Asked', 'Denied'] }]);
    expect(made.entry('a')?.told).toEqual(['Asked', 'Denied']);
    kill();
    await ended;
  });

  it('changes the message that stands when its requester gives a reason later, once', async () => {
    const made = worldTelling(['Slack', 'Webhook']);
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
    expect(made.entry('a')?.told).toEqual(['Asked', 'ReasonGiven']);
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

  it('sends a message for each occasion where messages cannot be changed, in order', async () => {
    const made = worldTelling(['Webhook']);
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
    const made = worldTelling();
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
      ...made.policy({ notify: [{ kind: 'Slack', channel: PROD_ACCESS }] }),
      metadata: { name: 'prod-shells', uid: 'prod-shells-uid', generation: 2 },
    });
    await made.advance(60_000);
    expect(slack.messages).toEqual([]);
    kill();
  });

  it('counts a window: the third use is told, and what is told stays short', async () => {
    const made = worldTelling();
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
    expect(made.entry('a')?.told).toEqual(['Asked', 'Used#3']);
    kill();
  });
});

test.each([
  ['a restart', false],
  ['a death in the middle of a delivery', true],
])(
  '500 requests in a minute: at most one message a second, none lost, none doubled, over %s',
  async (_, isDeath) => {
    const made = worldTelling();
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
    const times = slack.deliveredAt.get(PROD_ACCESS) ?? [];
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
    for (let at = 0; at < 500; at += 1) expect(made.notified(`r-${at}`)?.status).toBe('True');
    process.kill();
  },
  60_000,
);
