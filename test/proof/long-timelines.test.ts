import { describe, expect, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { DAY, endOf, HOUR, MINUTE, opened, SECOND, SETTLED, Timeline } from './timeline.ts';
import { RETENTION_MS } from './timeline-process.ts';

const SRE = { kind: 'Group', name: 'sre' } as const;
const LEADS = { kind: 'Group', name: 'sre-leads' } as const;

/** A week to decide, of which half a day belongs to those on call. */
const WEEK: Partial<PolicySpec> = {
  approval: {
    stages: [{ name: 'oncall', required: 1, approvers: [SRE], escalateAfter: '12h', escalateTo: [LEADS] }],
    timeout: '168h',
  },
  grant: { type: 'Once', useWithin: '48h' },
  wait: { connect: '0s' },
};

const WORKING_DAY: Partial<PolicySpec> = { grant: { type: 'Window', window: '8h', useWithin: '2h' } };

describe('a request that may wait for a week', () => {
  test('escalates after twelve hours: a lead counts from then on, and not a second before', async () => {
    await using timeline = new Timeline(WEEK);
    const request = await timeline.ask();
    const due = opened(request) + 12 * HOUR;
    await timeline.until(due - SECOND);
    expect(timeline.stored(request)?.status?.stages?.[0]?.escalatedAt).toBeUndefined();
    timeline.cluster.vote(request, 'Approve', 'too-early', ['sre-leads']);
    await timeline.pass(SETTLED);
    expect(timeline.state(request)).toBe('Pending');
    expect(Date.parse(timeline.stored(request)?.status?.stages?.[0]?.escalatedAt ?? '')).toBe(due);
    timeline.cluster.vote(request, 'Approve', 'lena', ['sre-leads']);
    await timeline.pass(SETTLED);
    expect(timeline.state(request)).toBe('Approved');
    expect(await timeline.attempt()).toBe('Allowed Approved');
  });

  test('is pending for all of the week, and then it has expired', async () => {
    await using timeline = new Timeline(WEEK);
    const request = await timeline.ask();
    const end = opened(request) + 7 * DAY;
    for (let day = 1; day < 7; day += 1) {
      await timeline.until(opened(request) + day * DAY);
      expect(await timeline.attempt(), `on day ${day}`).toBe('Asked ApprovalRequired');
    }
    await timeline.until(end - SECOND);
    expect([timeline.state(request), timeline.cluster.all().length]).toEqual(['Pending', 1]);
    await timeline.pass(SECOND + SETTLED);
    expect(timeline.state(request)).toBe('Expired');
    expect(endOf(timeline.stored(request))).toBeGreaterThanOrEqual(end);
  });

  test('takes a vote of its last second, even if nobody of ours was there to count it', async () => {
    await using timeline = new Timeline(WEEK);
    const request = await timeline.ask();
    await timeline.until(opened(request) + 7 * DAY - SECOND);
    timeline.cluster.vote(request, 'Approve', 'bob', ['sre']);
    await timeline.restart(HOUR);
    await timeline.pass(SETTLED);
    expect(timeline.state(request)).toBe('Approved');
    expect(await timeline.attempt()).toBe('Allowed Approved');
  });

  test('takes a vote of its last second, even if the watch of votes brings it late', async () => {
    await using timeline = new Timeline(WEEK);
    const request = await timeline.ask();
    await timeline.until(opened(request) + 7 * DAY - SECOND);
    timeline.cluster.votes.stall(5 * SECOND);
    timeline.cluster.vote(request, 'Approve', 'bob', ['sre']);
    await timeline.pass(4 * SECOND);
    expect(timeline.state(request)).toBe('Pending');
    await timeline.pass(SETTLED);
    expect(timeline.state(request)).toBe('Approved');
  });

  test('takes none of the second after', async () => {
    await using timeline = new Timeline(WEEK);
    const request = await timeline.ask();
    await timeline.until(opened(request) + 7 * DAY);
    timeline.cluster.vote(request, 'Approve', 'bob', ['sre']);
    await timeline.pass(SETTLED);
    expect(timeline.state(request)).toBe('Expired');
  });
});

describe('an approval that may be used within two days', () => {
  test.each<[string, number, RegExp]>([
    ['the last second', 2 * DAY - SECOND, /^Allowed Approved$/],
    ['the second after it', 2 * DAY, /^(Denied Expired|Asked ApprovalRequired)$/],
  ])('%s', async (_when, after, outcome) => {
    await using timeline = new Timeline(WEEK);
    const request = await timeline.ask();
    await timeline.pass(3 * DAY);
    const approvedAt = timeline.clock.now();
    timeline.cluster.vote(request, 'Approve', 'bob', ['sre']);
    await timeline.until(approvedAt + after);
    expect(await timeline.attempt()).toMatch(outcome);
  });
});

test('a window of a working day: used in its first hour and in its last minute, and never after', async () => {
  await using timeline = new Timeline(WORKING_DAY);
  const request = await timeline.ask();
  const approvedAt = timeline.clock.now();
  timeline.cluster.vote(request, 'Approve', 'bob', ['sre']);
  await timeline.until(approvedAt + HOUR);
  expect(await timeline.attempt()).toBe('Allowed Approved');
  await timeline.until(approvedAt + 7 * HOUR + 59 * MINUTE);
  expect(await timeline.attempt()).toBe('Allowed Approved');
  await timeline.until(approvedAt + 8 * HOUR - SECOND);
  expect(await timeline.attempt()).toBe('Allowed Approved');
  await timeline.until(approvedAt + 8 * HOUR + SECOND);
  expect(await timeline.attempt()).not.toMatch(/^Allowed/);
  expect(timeline.stored(request)?.status?.uses).toHaveLength(3);
});

describe('what has ended answers for a while', () => {
  test('a denial for ten minutes, through a restart', async () => {
    await using timeline = new Timeline();
    const request = await timeline.ask();
    timeline.cluster.vote(request, 'Deny', 'bob', ['sre']);
    await timeline.pass(SETTLED);
    const end = endOf(timeline.stored(request));
    await timeline.restart(MINUTE);
    await timeline.until(end + 10 * MINUTE - SECOND);
    expect(await timeline.attempt()).toBe('Denied Denied');
    await timeline.until(end + 10 * MINUTE);
    expect(await timeline.attempt()).toBe('Asked ApprovalRequired');
    expect(timeline.cluster.all()).toHaveLength(2);
  });

  test('an expiry for a minute', async () => {
    await using timeline = new Timeline(WEEK);
    const request = await timeline.ask();
    await timeline.until(opened(request) + 7 * DAY + SETTLED);
    const end = endOf(timeline.stored(request));
    await timeline.until(end + MINUTE - SECOND);
    expect(await timeline.attempt()).toBe('Denied Expired');
    await timeline.until(end + MINUTE);
    expect(await timeline.attempt()).toBe('Asked ApprovalRequired');
  });
});

describe('what has ended is kept for thirty days', () => {
  test('and not for a second less', async () => {
    await using timeline = new Timeline();
    const request = await timeline.ask();
    timeline.cluster.vote(request, 'Approve', 'bob', ['sre']);
    await timeline.pass(SETTLED);
    expect(await timeline.attempt()).toBe('Allowed Approved');
    const end = endOf(timeline.stored(request));
    await timeline.until(end + RETENTION_MS - SECOND);
    expect(timeline.state(request)).toBe('Consumed');
    await timeline.pass(2 * SECOND);
    expect(timeline.state(request)).toBe('gone');
  });

  test('a broken glass until somebody has looked at it, however long that takes', async () => {
    await using timeline = new Timeline({
      breakGlass: { subjects: [{ kind: 'Group', name: 'developers' }], maxWindow: '30m' },
    });
    const request = await timeline.ask();
    timeline.cluster.vote(request, 'BreakGlass', 'alice', ['developers'], 'the database is down');
    await timeline.pass(SETTLED);
    expect(await timeline.attempt()).toBe('Allowed Approved');
    await timeline.pass(RETENTION_MS + 15 * DAY);
    expect(timeline.state(request)).toBe('Consumed');
    timeline.cluster.vote(request, 'Acknowledge', 'bob', ['sre'], 'seen');
    await timeline.pass(SETTLED);
    expect(timeline.state(request)).toBe('gone');
  });
});

test('the next leader expires, escalates and counts what the one before it began', async () => {
  await using timeline = new Timeline(WEEK);
  const [first, second] = [await timeline.ask('ls'), await timeline.ask('id')];
  const webhookOnly = timeline.process;
  await timeline.until(opened(first) + HOUR - MINUTE);
  const next = timeline.start();
  await timeline.clock.advance(SETTLED);
  await webhookOnly.stopLeading();
  next.lead();
  timeline.cluster.vote(first, 'Approve', 'bob', ['sre']);
  await timeline.clock.advance(SETTLED);
  // The one that leads no more is a replica of the webhook still, and sees what the other wrote.
  expect((await webhookOnly.attempt('ls')).code).toBe('Approved');
  await timeline.process.stop();
  timeline.process = next;
  await timeline.until(opened(second) + 12 * HOUR + SETTLED);
  expect(timeline.stored(second)?.status?.stages?.[0]?.escalatedAt).toBeDefined();
  await timeline.until(opened(second) + 7 * DAY + SETTLED);
  expect([timeline.state(first), timeline.state(second)]).toEqual(['Consumed', 'Expired']);
});
