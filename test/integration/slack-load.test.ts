import { NO_SURROUNDINGS } from '../../src/core/notice/surroundings.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ApprovalRequest, RequestStatus } from '../../src/core/api/kinds.ts';
import { timestamp } from '../../src/core/approval/approval-state.ts';
import { createPeople, NOBODY_MAPPED } from '../../src/core/people/people.ts';
import { createNotifier } from '../../src/notify/create-notifier.ts';
import { createNotifyEvents } from '../../src/notify/notify-events.ts';
import { boltLogger } from '../../src/notify/slack/bolt-logger.ts';
import { createSlackChannel } from '../../src/notify/slack/channel.ts';
import { createSlackApi } from '../../src/notify/slack/web-api.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import { Secret } from '../../src/platform/telemetry/redact.ts';
import { FakeApprovals } from '../../src/ports/fake-approvals.ts';
import { approvalPolicy, policyTerms } from '../builders/approval-policy.ts';
import { countedVote } from '../builders/counted-vote.ts';
import { execRequest } from '../builders/exec-request.ts';
import { FakeWatched } from '../builders/fake-watched.ts';
import { eventually } from '../harness/eventually.ts';
import { hastyClock } from '../harness/hasty-clock.ts';
import { visibleText } from '../harness/slack/seen.ts';
import { type Slack, startSlack } from '../harness/slack/start-slack.ts';

/** A minute is a second and a half. */
const SPEED = 40;
const PATIENCE_MS = 55_000;
const REAL_CALL_MS = 500;

const clock = hastyClock(SPEED);
let slack: Slack;
let requests: FakeWatched<ApprovalRequest>;
let approvals: FakeApprovals;
beforeEach(async () => {
  slack = await startSlack({ now: () => clock.now() });
  requests = new FakeWatched();
  approvals = new FakeApprovals(clock);
});
afterEach(async () => {
  await slack[Symbol.asyncDispose]();
});

/** A process that tells by Slack. `kill` ends it where it stands, with what is on its way. */
function start() {
  const { name, uid, generation } = policyTerms();
  const policies = new FakeWatched<ReturnType<typeof approvalPolicy>>();
  const policy = approvalPolicy({ notify: [{ kind: 'Slack', channel: '#prod-access' }] });
  policies.put({ ...policy, metadata: { name, uid, generation } });
  const log = boltLogger(silentLogger);
  const api = createSlackApi({ token: new Secret(slack.botToken), apiUrl: slack.apiUrl, timeoutMs: REAL_CALL_MS, log });
  const people = createPeople(NOBODY_MAPPED);
  const stop = new AbortController();
  let isDead = false;
  const alive = async <T>(result: Promise<T>): Promise<T> => (isDead ? new Promise<T>(() => {}) : result);
  const run = createNotifier(
    { attemptsMs: 3_600_000, queued: 10_000, graceMs: 1_000, reminderShare: 1, requesters: false },
    {
      surroundingsOf: () => NO_SURROUNDINGS,
      store: {
        get: (...call) => alive(approvals.get(...call)),
        writeStatus: async (...call) => {
          const written = await alive(approvals.writeStatus(...call));
          requests.put(written);
          return written;
        },
      },
      stillLeading: () => true,
      isGenuine: () => true,
      channels: [createSlackChannel({ api, people: { now: () => people }, teams: [], intervalMs: 1_000 })],
      clock,
      random: () => 0.5,
      events: createNotifyEvents(silentLogger, createMetrics({ processMetrics: false })),
      requests,
      policies,
      people: { now: () => people },
    },
  );
  const ended = run(stop.signal);
  return {
    kill: () => {
      isDead = true;
      stop.abort(new Error('killed'));
    },
    stop: async () => {
      stop.abort(new Error('stopped'));
      await ended;
    },
  };
}

function ask(name: string): void {
  const { name: policy, uid, generation, terms } = policyTerms();
  const request: ApprovalRequest = execRequest({
    name,
    spec: { policies: [{ name: policy, uid, generation, terms }] },
  });
  const status = { ...request.status, expiresAt: timestamp(clock.now() + 3_600_000) };
  const metadata = { ...request.metadata, creationTimestamp: timestamp(clock.now()), resourceVersion: '1' };
  requests.put(approvals.put({ ...request, metadata, status }));
}

function change(name: string, status: Partial<RequestStatus>): void {
  const stored = approvals.all().find(({ metadata }) => metadata.name === name);
  if (stored === undefined) throw new Error(`no request ${name}`);
  requests.put(approvals.put({ ...stored, status: { ...stored.status, ...status } }));
}

function uidsOfMessages(): unknown[] {
  return slack.messages('#prod-access').map(({ metadata }) => metadata?.event_payload.uid);
}

function gaps(): number[] {
  const times = slack.workspace.channels.get('C0PRODACCESS')?.messages.map(({ at }) => at) ?? [];
  return times.slice(1).map((at, index) => at - (times[index] ?? 0));
}

test('500 requests in a minute, over two processes that die: one message a second, none lost, none doubled', async () => {
  const first = start();
  for (let index = 0; index < 500; index += 1) {
    ask(`r-${index}`);
    await clock.sleep(120);
  }
  await eventually(() => uidsOfMessages().length >= 60, '60 messages', PATIENCE_MS);
  first.kill();
  await clock.sleep(5_000);
  const second = start();
  await eventually(() => uidsOfMessages().length >= 150, '150 messages', PATIENCE_MS);
  // This one dies after Slack took the message, and before anybody knows.
  slack.api.faults.set('chat.postMessage', { kind: 'AnswerLost' });
  await eventually(() => uidsOfMessages().length >= 151, 'a message without an answer', PATIENCE_MS);
  second.kill();
  slack.api.faults.clear();
  await clock.sleep(5_000);
  const third = start();
  await eventually(() => new Set(uidsOfMessages()).size === 500, 'all 500', PATIENCE_MS);
  await clock.sleep(10_000);
  await third.stop();
  const uids = uidsOfMessages();
  expect(uids).toHaveLength(500);
  expect(new Set(uids).size).toBe(500);
  expect(Math.min(...gaps())).toBeGreaterThanOrEqual(900);
}, 180_000);

test('[F23] ten minutes without Slack: nothing is lost, and what changed meanwhile is one message', async () => {
  const process = start();
  slack.api.faults.set('*', { kind: 'Status', status: 500 });
  ask('waits');
  ask('denied');
  await clock.sleep(120_000);
  slack.api.faults.set('*', { kind: 'RateLimited', retryAfterSeconds: 30 });
  const at = timestamp(clock.now());
  const vote = countedVote('Deny', at, { via: 'Kubernetes' });
  change('denied', { state: 'Denied', votes: [vote], endedAt: at });
  await clock.sleep(240_000);
  slack.api.faults.set('*', { kind: 'Hang' });
  await clock.sleep(240_000);
  expect(slack.messages('#prod-access')).toEqual([]);
  const waiting = approvals.all().find(({ metadata }) => metadata.name === 'waits');
  expect(waiting?.status).toMatchObject({ state: 'Pending' });
  expect(waiting?.status?.conditions?.find(({ type }) => type === 'Notified')?.status).toBe('False');
  slack.api.faults.clear();
  await eventually(() => uidsOfMessages().length === 2, 'both messages', PATIENCE_MS);
  await clock.sleep(30_000);
  await process.stop();
  const messages = slack.messages('#prod-access').map(({ blocks }) => visibleText(blocks));
  expect(messages).toHaveLength(2);
  expect(messages.filter((text) => text.includes('Denied by bob via Kubernetes'))).toHaveLength(1);
  expect(
    approvals.all().map(({ status }) => status?.conditions?.find(({ type }) => type === 'Notified')?.status),
  ).toEqual(['True', 'True']);
}, 120_000);
