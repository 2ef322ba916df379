import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { auditEvent } from '../../../test/builders/audit-event.ts';
import { writeSegments } from '../../../test/builders/ledger-segments.ts';
import type { BacktestCall, BacktestNews } from '../../core/backtest/backtest-call.ts';
import type { PersonEntry } from '../../core/people/people.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import type { Backtests } from '../../ports/backtests.ts';
import type { Clock } from '../../ports/clock.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { type BacktestWorld, createBacktestThreads, LONGEST_MS } from './backtest-threads.ts';

const EVENTS = 6_000;
/** Of them, those by somebody in few groups: the dear condition is cheap for them. */
const CHEAP = 3_000;
const CALL: BacktestCall = {
  by: 'alice',
  manifests: [{ from: 'it', text: JSON.stringify(approvalPolicy()) }],
  since: '2026-11-19T00:00:00Z',
};
/** Over after a second. */
const SHORT: BacktestCall = { ...CALL, since: '2026-11-20T11:59:59Z' };
/** For whom each event costs a look at a list: hours, in all. */
const DEAR: BacktestCall = {
  ...CALL,
  manifests: [
    {
      from: 'it',
      text: JSON.stringify(
        approvalPolicy({
          match: {
            ...approvalPolicy().spec.match,
            matchConditions: [
              {
                name: 'dear',
                expression: "request.userInfo.groups.all(a, request.userInfo.groups.all(b, a + b != 'x'))",
              },
            ],
          },
        }),
      ),
    },
  ],
};
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backtest-threads-'));
  const groups = Array.from({ length: 300 }, (_, index) => `group-${index}`);
  const lines = [[], groups].map((of) =>
    JSON.stringify(auditEvent({ auditID: '@', user: { username: 'alice', groups: of } })),
  );
  const event = (index: number) => (lines[index < CHEAP ? 0 : 1] ?? '').replace('@', `event-${index}`);
  await writeSegments(folder, [
    { time: '2026-11-20T00:00:00.000Z', events: Array.from({ length: EVENTS }, (_, index) => event(index)) },
  ]);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const BOB: PersonEntry = {
  person: 'bob',
  usernames: ['bob', 'bob-admin'],
  emails: [],
  slack: [],
  groups: [],
  agents: ['bobs-agent'],
};
const fakeClock = () => new FakeClock(Date.parse('2026-11-20T12:00:00Z'));
const threads = (clock: Clock = fakeClock(), more: Partial<BacktestWorld> = {}): Backtests =>
  createBacktestThreads({
    directory: folder,
    namespaces: () => [],
    people: () => ({ people: [BOB], templates: [] }),
    ofOneLedger: true,
    clock,
    failed: () => undefined,
    ...more,
  });
const never = new AbortController().signal;

async function all(news: AsyncIterable<BacktestNews>): Promise<BacktestNews[]> {
  const told: BacktestNews[] = [];
  for await (const each of news) told.push(each);
  return told;
}

describe('back-tests in threads', () => {
  test('tell how far they are, and end with the report; the event loop goes on meanwhile', async () => {
    let longest = 0;
    let last = performance.now();
    const ticking = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const told = await all(threads().run(CALL, never));
    clearInterval(ticking);
    const end = told.at(-1);
    expect(end).toMatchObject({ type: 'Report', ofOneLedger: true, report: { policies: [{ held: EVENTS }] } });
    // It takes seconds; whoever is asked meanwhile waits for none of them.
    expect(longest).toBeLessThan(400);
  });

  test('are two at once, and a third is told so; who goes away makes room', async () => {
    const backtests = threads();
    const running = ['bob', 'carol'].map((by) => {
      const stop = new AbortController();
      return { stop, ended: all(backtests.run({ ...DEAR, by }, stop.signal)).catch((error: unknown) => error) };
    });
    await expect(all(backtests.run(CALL, never))).rejects.toMatchObject({
      code: 'Busy',
      message: expect.stringContaining('try again in 10 s'),
    });
    running[0]?.stop.abort(new Error('gone'));
    expect(await running[0]?.ended).toEqual(new Error('gone'));
    expect((await all(backtests.run(CALL, never))).at(-1)?.type).toBe('Report');
    running[1]?.stop.abort(new Error('gone'));
    await running[1]?.ended;
  });

  const theirs = ['bob', 'bob-admin', 'bobs-agent'];
  test.each(theirs)('are one at once of each person, here by %s: nobody alone holds all slots', async (by) => {
    const clock = fakeClock();
    const backtests = threads(clock);
    const stop = new AbortController();
    const first = all(backtests.run({ ...DEAR, by: 'bob' }, stop.signal)).catch((error: unknown) => error);
    const second = all(backtests.run({ ...SHORT, by }, never)).catch((error: unknown) => error);
    await clock.advance(2_000);
    expect(await second).toMatchObject({ code: 'OwnRuns', message: expect.stringContaining('cancel it') });
    // The other slot is for others.
    expect((await all(backtests.run(SHORT, never))).at(-1)?.type).toBe('Report');
    stop.abort(new Error('gone'));
    await first;
  });

  test('begin while the same person’s last one, which was called off, is on its way out', async () => {
    const backtests = threads();
    const stop = new AbortController();
    const first = all(backtests.run(DEAR, stop.signal)).catch((error: unknown) => error);
    const second = all(backtests.run(SHORT, never));
    stop.abort(new Error('gone'));
    expect((await second).at(-1)?.type).toBe('Report');
    await first;
  });

  test('that fail say nothing of this machine’s files but to its operator', async () => {
    const told: unknown[] = [];
    const directory = join(folder, 'nothing');
    const news = await all(threads(fakeClock(), { directory, failed: (error) => told.push(error) }).run(CALL, never));
    expect(news).toEqual([
      { type: 'Failed', message: 'the ledger cannot be read; the log of the role audit says why' },
    ]);
    expect(told).toMatchObject([{ message: expect.stringContaining(directory) }]);
  });

  test('end after their time, whatever a condition does', async () => {
    const clock = new FakeClock(Date.parse('2026-11-20T12:00:00Z'));
    const running = all(threads(clock).run(DEAR, never));
    await systemClock.sleep(500, never);
    await clock.advance(LONGEST_MS);
    expect((await running).at(-1)).toMatchObject({ type: 'Failed', message: expect.stringContaining('fewer days') });
  });

  test('read no more when the reader has left', async () => {
    const backtests = threads();
    for await (const news of backtests.run(DEAR, never)) {
      expect(news.type).toBe('Progress');
      break;
    }
    expect((await all(backtests.run(CALL, never))).at(-1)?.type).toBe('Report');
  });
});
