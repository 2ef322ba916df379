import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/harness/eventually.ts';
import { type SlackWorld, slackWorld } from '../../../test/harness/slack/slack-world.ts';

let world: SlackWorld;
beforeEach(async () => {
  world = await slackWorld('Socket');
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

async function expectClickCounts(): Promise<void> {
  const before = world.acts.acts.length;
  const message = world.slack.messages('#prod-access')[0] ?? (await world.post());
  expect((await world.slack.click({ user: 'U0BOB', message, action: 'Approve' })).acked).toBe(true);
  await eventually(() => world.acts.acts.length === before + 1, 'a vote');
}

async function reconnected(): Promise<void> {
  await eventually(() => !world.ours.listener.ready(), 'that the connection is missed');
  await eventually(
    () => world.ours.listener.ready() && world.slack.socket.connections() === 1,
    'a new connection',
    10_000,
  );
}

test('a connection that Slack moves is made again', async () => {
  await expectClickCounts();
  world.slack.socket.refresh();
  await reconnected();
  await expectClickCounts();
});

test('a connection that is cut is made again', async () => {
  world.slack.socket.cut();
  await reconnected();
  await expectClickCounts();
});

test.each([
  ['a server error', { kind: 'Status', status: 500 }],
  ['a rate limit', { kind: 'RateLimited', retryAfterSeconds: 1 }],
  ['a token that is refused for a while', { kind: 'Error', error: 'invalid_auth' }],
] as const)('%s where connections are opened is lived through', async (_, fault) => {
  world.slack.api.faults.set('apps.connections.open', fault);
  world.slack.socket.cut();
  await eventually(() => world.logged.some((line) => line.startsWith('no connection')), 'an attempt that failed');
  world.slack.api.faults.clear();
  await eventually(() => world.ours.listener.ready(), 'a new connection', 15_000);
  await expectClickCounts();
});

test.each([
  'null',
  '1',
  '[]',
  'x',
  '{}',
  '{"type":7}',
  '{"type":"events_api"}',
  '{"type":"interactive"}',
  '{"type":"interactive","payload":{}}',
  '{"type":"interactive","envelope_id":"x","payload":{"type":"block_actions"}}',
])('a frame that nobody should send is passed over: %s', async (frame) => {
  world.slack.socket.sendRaw(frame);
  await expectClickCounts();
});

test('no token is ever logged', async () => {
  world.slack.api.faults.set('apps.connections.open', { kind: 'Error', error: 'invalid_auth' });
  world.slack.socket.cut();
  await eventually(() => world.logged.some((line) => line.startsWith('no connection')), 'an attempt that failed');
  expect(world.logged.join('\n')).not.toMatch(/xapp-|xoxb-/);
});

test('a Slack that cannot be reached at the start is waited for', async () => {
  const late = await slackWorld('Socket', { away: true });
  expect(late.ours.listener.ready()).toBe(false);
  expect(late.logged.some((line) => line.startsWith('no connection'))).toBe(true);
  late.slack.api.faults.clear();
  await eventually(() => late.ours.listener.ready(), 'a connection', 15_000);
  await late[Symbol.asyncDispose]();
});

test('a Slack that answers nothing does not keep the process at its end', async () => {
  const began = Date.now();
  const child = spawn(process.execPath, ['test/harness/slack/leave-frozen.ts'], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
  // Bolt alone takes 30 s.
  expect(Date.now() - began).toBeLessThan(15_000);
});
