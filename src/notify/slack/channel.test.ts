import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { execRequest } from '../../../test/builders/exec-request.ts';
import { deliveryOf } from '../../../test/harness/slack/deliveries.ts';
import { buttonLabels, visibleText } from '../../../test/harness/slack/seen.ts';
import { startSlack, type Slack } from '../../../test/harness/slack/start-slack.ts';
import type { Fault } from '../../../test/harness/slack/web-api.ts';
import { addChannel, addUser } from '../../../test/harness/slack/workspace.ts';
import { createPeople, type PersonEntry } from '../../core/people/people.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { type Channel, DeliveryDelayedError, DeliveryRefusedError } from '../channel.ts';
import { boltLogger } from './bolt-logger.ts';
import { createSlackChannel } from './channel.ts';
import { createSlackApi } from './web-api.ts';

const NEVER = new AbortController().signal;
const TIMEOUT_MS = 400;

let slack: Slack;
let channel: Channel;
beforeEach(async () => {
  slack = await startSlack();
  slack.api.rates.enabled = false;
  channel = slackChannel();
});
afterEach(async () => {
  await slack[Symbol.asyncDispose]();
});

function slackChannel(token = slack.botToken, entries: readonly PersonEntry[] = []): Channel {
  const api = createSlackApi({
    token: new Secret(token),
    apiUrl: slack.apiUrl,
    timeoutMs: TIMEOUT_MS,
    log: boltLogger(silentLogger),
  });
  const people = createPeople({ people: entries, templates: [] });
  return createSlackChannel({ api, people: { now: () => people }, teams: ['T0EXAMPLE'], intervalMs: 1_000 });
}

const AT = '2026-01-01T10:05:00Z';
const approved = execRequest({
  status: {
    state: 'Approved',
    votes: [{ uid: 'v', name: 'v', person: 'bob', username: 'bob', decision: 'Approve', via: 'Slack', at: AT }],
  },
});

async function failure(made: Promise<unknown>): Promise<unknown> {
  return made.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('one message a request', () => {
  test('is posted, changed, and its thread tells what happened', async () => {
    const { handle = '' } = await channel.deliver(deliveryOf(execRequest()), NEVER);
    expect(handle).toMatch(/^C0PRODACCESS\/\d+\.\d+$/);
    await channel.deliver(deliveryOf(approved, { handle, occasions: ['Voted'], id: 'second' }), NEVER);
    const messages = slack.messages('#prod-access');
    expect(messages).toHaveLength(1);
    expect(visibleText(messages[0]?.blocks ?? [])).toContain('Approved by bob via Slack, 2026-01-01 10:05:00 UTC');
    const thread = messages.flatMap((message) => slack.thread(message));
    expect(thread.map(({ blocks }) => visibleText(blocks))).toEqual([
      '2026-01-01 10:05:00 UTC  approved by bob via Slack',
    ]);
  });

  test('is changed without a word in the thread where nothing happened', async () => {
    const { handle = '' } = await channel.deliver(deliveryOf(execRequest()), NEVER);
    await channel.deliver(deliveryOf(execRequest(), { handle, occasions: [] }), NEVER);
    expect(slack.messages('#prod-access').flatMap((message) => slack.thread(message))).toEqual([]);
  });

  test('that somebody deleted in Slack is posted again', async () => {
    const { handle = '' } = await channel.deliver(deliveryOf(execRequest()), NEVER);
    slack.workspace.channels.get('C0PRODACCESS')?.messages.splice(0);
    const again = await channel.deliver(deliveryOf(approved, { handle, occasions: ['Voted'] }), NEVER);
    expect(again.handle).not.toBe(handle);
    expect(slack.messages('#prod-access')).toHaveLength(1);
  });

  test('goes to a channel by id, too', async () => {
    addChannel(slack.workspace, 'C0OTHER99', 'other');
    await channel.deliver(deliveryOf(execRequest(), { destination: 'C0OTHER99' }), NEVER);
    expect(slack.messages('#other')).toHaveLength(1);
  });
});

describe('a message of which nobody knows whether it arrived is not doubled', () => {
  test.each(['#prod-access', 'C0PRODACCESS'])('the answer was lost: %s', async (destination) => {
    const since = Date.now();
    slack.api.faults.set('chat.postMessage', { kind: 'AnswerLost' });
    expect(await failure(channel.deliver(deliveryOf(execRequest(), { destination }), NEVER))).toBeInstanceOf(
      DeliveryDelayedError,
    );
    slack.api.faults.clear();
    const delivery = deliveryOf(execRequest(), { destination, uncertainSince: since });
    const { handle } = await channel.deliver(delivery, NEVER);
    const messages = slack.messages('#prod-access');
    expect(messages).toHaveLength(1);
    expect(handle).toBe(`C0PRODACCESS/${messages[0]?.ts}`);
  });

  test('and neither is an entry of its thread', async () => {
    const { handle = '' } = await channel.deliver(deliveryOf(execRequest()), NEVER);
    const second = deliveryOf(approved, { handle, occasions: ['Voted'], id: 'second' });
    slack.api.faults.set('chat.postMessage', { kind: 'AnswerLost' });
    await failure(channel.deliver(second, NEVER));
    slack.api.faults.clear();
    await channel.deliver({ ...second, uncertainSince: Date.now() }, NEVER);
    const threads = slack.messages('#prod-access').flatMap((message) => slack.thread(message));
    expect(threads).toHaveLength(1);
  });

  test('it is found among many others, and one of another request is not taken for it', async () => {
    const since = Date.now();
    for (let index = 0; index < 230; index++)
      await channel.deliver(deliveryOf(execRequest({ name: `exec-${index}` })), NEVER);
    const delivery = deliveryOf(execRequest({ name: 'exec-3' }), { uncertainSince: since });
    await channel.deliver(delivery, NEVER);
    await channel.deliver(deliveryOf(execRequest({ name: 'another' }), { uncertainSince: since }), NEVER);
    expect(slack.messages('#prod-access')).toHaveLength(231);
  });
});

const BOB: PersonEntry = {
  person: 'alice',
  usernames: ['alice'],
  emails: [],
  slack: ['T0OTHER/U0ELSEWHERE', 'T0EXAMPLE/U0ALICE'],
  groups: [],
  agents: [],
};

describe('whoever asked gets a direct message', () => {
  const TO_REQUESTER = { destination: '@requester' };

  test('one a request, which is changed', async () => {
    addUser(slack.workspace, { id: 'U0ALICE', name: 'alice' });
    channel = slackChannel(slack.botToken, [BOB]);
    const { handle = '' } = await channel.deliver(deliveryOf(execRequest(), TO_REQUESTER), NEVER);
    await channel.deliver(deliveryOf(approved, { ...TO_REQUESTER, handle, occasions: ['Voted'] }), NEVER);
    const messages = slack.directMessages('U0ALICE');
    expect(messages).toHaveLength(1);
    expect(buttonLabels(messages[0]?.blocks ?? [])).toEqual(['Withdraw', 'Details']);
  });

  test('unless nobody knows who they are in Slack', async () => {
    const error = await failure(channel.deliver(deliveryOf(execRequest(), TO_REQUESTER), NEVER));
    expect(error).toBeInstanceOf(DeliveryRefusedError);
    expect(error).toMatchObject({ message: 'the people map has no Slack id of alice' });
  });
});

describe('Slack that is busy or away delays a delivery [F23]', () => {
  const cases: readonly (readonly [string, Fault, number | undefined])[] = [
    ['a 429 says when', { kind: 'RateLimited', retryAfterSeconds: 7 }, 7_000],
    ['a 500', { kind: 'Status', status: 500 }, undefined],
    ['a 503', { kind: 'Status', status: 503 }, undefined],
    ['a failure of its own', { kind: 'Error', error: 'internal_error' }, undefined],
    ['no answer at all', { kind: 'Hang' }, undefined],
    ['an answer after the limit', { kind: 'Slow', ms: 2 * TIMEOUT_MS }, undefined],
  ];
  test.each(cases)('%s', async (_, fault, afterMs) => {
    slack.api.faults.set('*', fault);
    const began = Date.now();
    const error = await failure(channel.deliver(deliveryOf(execRequest()), NEVER));
    expect(error).toBeInstanceOf(DeliveryDelayedError);
    expect(error).toMatchObject({ afterMs });
    expect(Date.now() - began).toBeLessThan(2 * TIMEOUT_MS);
    slack.api.faults.clear();
    await channel.deliver(deliveryOf(execRequest()), NEVER);
    expect(slack.messages('#prod-access').length).toBeGreaterThan(0);
  });

  test('nobody listens', async () => {
    await slack[Symbol.asyncDispose]();
    expect(await failure(channel.deliver(deliveryOf(execRequest()), NEVER))).toBeInstanceOf(DeliveryDelayedError);
    slack = await startSlack();
  });

  test('a second message within the second', async () => {
    slack.api.rates.enabled = true;
    await channel.deliver(deliveryOf(execRequest()), NEVER);
    const error = await failure(channel.deliver(deliveryOf(execRequest({ name: 'other' })), NEVER));
    expect(error).toMatchObject({ code: 'DeliveryDelayed', afterMs: 1_000 });
  });

  test('the end of the process ends a call', async () => {
    slack.api.faults.set('*', { kind: 'Hang' });
    const stop = new AbortController();
    const made = failure(channel.deliver(deliveryOf(execRequest()), stop.signal));
    stop.abort(new Error('stopped'));
    expect(await made).toMatchObject({ message: 'stopped' });
  });
});

describe('what Slack refuses is said with what to do about it', () => {
  test.each([
    ['a channel that is not there', { destination: '#nowhere' }, 'invite the app'],
    ['a channel that the app is not in', { destination: '#private' }, 'invite the app'],
    ['an archived channel', { destination: '#old' }, 'name another one'],
  ])('%s', async (_, parts, advice) => {
    addChannel(slack.workspace, 'C0PRIVATE9', 'private').member = false;
    addChannel(slack.workspace, 'C0OLD99999', 'old').archived = true;
    const error = await failure(channel.deliver(deliveryOf(execRequest(), parts), NEVER));
    expect(error).toBeInstanceOf(DeliveryRefusedError);
    expect(error).toMatchObject({ message: expect.stringContaining(advice) });
  });

  test('a wrong token, which the message does not tell', async () => {
    const error = await failure(slackChannel('xoxb-wrong').deliver(deliveryOf(execRequest()), NEVER));
    expect(error).toMatchObject({ code: 'DeliveryRefused', message: expect.stringContaining('botTokenFile') });
    expect(String(error)).not.toContain('xoxb');
  });
});
