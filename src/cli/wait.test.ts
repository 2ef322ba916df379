import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execRequest } from '../../test/builders/exec-request.ts';
import { achieves } from '../../test/harness/achieves.ts';
import { CliHarness } from '../../test/harness/cli-harness.ts';
import type { RequestStatus } from '../core/api/kinds.ts';

let harness: CliHarness;

beforeEach(async () => {
  harness = await new CliHarness().listen();
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

async function watched(): Promise<void> {
  await achieves('a watch', async () => expect(harness.server.watches).toBe(1));
}

const WAITING = 'waiting for prod/exec-web-0 (exec ls "/a b" on pods/web-0 (app)): it needs 1 of group sre';

describe('wait', () => {
  const ends: Readonly<Record<string, [status: RequestStatus, code: number, words: string]>> = {
    'approved: 0': [{ state: 'Approved', approvals: '1/1' }, 0, 'prod/exec-web-0 is Approved (1/1); the requester has'],
    'denied: 5': [{ state: 'Denied' }, 5, 'error: prod/exec-web-0 is Denied'],
    'expired: 5': [{ state: 'Expired' }, 5, 'error: prod/exec-web-0 is Expired'],
    'cancelled: 5': [{ state: 'Cancelled' }, 5, 'error: prod/exec-web-0 is Cancelled'],
    'used already: 5': [{ state: 'Consumed' }, 5, 'error: prod/exec-web-0 is Consumed'],
  };
  it.each(Object.entries(ends))('%s, at once', async (_, [status, code, words]) => {
    harness.put(execRequest({ status }));
    const result = await harness.run('wait prod/exec-web-0');
    expect(result.code).toBe(code);
    expect(`${result.out}${result.err}`).toContain(words);
  });

  it.each(Object.entries(ends))('%s, when it happens; who is asked stands in one line', async (_, [status, code]) => {
    harness.put(execRequest());
    const waiting = harness.run('wait prod/exec-web-0');
    await watched();
    harness.put(execRequest({ status }));
    const result = await waiting;
    expect(result.code).toBe(code);
    expect(result.err.split('\n')[0]).toBe(WAITING);
    expect(result.err.match(/waiting/g)).toHaveLength(1);
  });

  it('goes on when the watch breaks off', async () => {
    harness.put(execRequest());
    const waiting = harness.run('wait prod/exec-web-0');
    await watched();
    harness.server.endWatches('Reset');
    harness.put(execRequest({ status: { state: 'Approved' } }));
    expect((await waiting).code).toBe(0);
  });

  it('says on a terminal, in the same line, how long is left', async () => {
    harness.put(execRequest());
    const waiting = harness.run('wait prod/exec-web-0', '');
    await watched();
    harness.put(execRequest({ status: { state: 'Approved' } }));
    expect((await waiting).err).toBe(`\r${WAITING} (14m left)\u001B[K\n`);
  });

  it('--timeout: 6', async () => {
    harness.put(execRequest());
    const start = Date.now();
    harness.now = () => Date.parse('2026-01-01T10:01:00Z') + (Date.now() - start) * 60;
    const result = await harness.run('wait prod/exec-web-0 --timeout 1m');
    expect(result.code).toBe(6);
    expect(result.err).toContain('error: nobody decided in time: prod/exec-web-0 is Pending (0/1); it still needs');
  });

  it('does not wait past the deadline for a controller that is away', async () => {
    harness.put(execRequest());
    harness.now = () => Date.parse('2026-01-01T10:15:10Z');
    expect((await harness.run('wait prod/exec-web-0')).code).toBe(6);
  });

  it('waits on while no status is written yet', async () => {
    harness.put({ ...execRequest(), status: {} });
    const start = Date.now();
    harness.now = () => Date.parse('2026-01-01T10:01:00Z') + (Date.now() - start) * 60;
    const waiting = harness.run('wait prod/exec-web-0 --timeout 3m');
    await watched();
    await delay(1_500);
    harness.put(execRequest({ status: { state: 'Approved' } }));
    expect((await waiting).code).toBe(0);
  });

  it('Ctrl-C: 130, and the request stays', async () => {
    harness.put(execRequest());
    const waiting = harness.run('wait prod/exec-web-0');
    await watched();
    harness.interrupt('SIGINT');
    const result = await waiting;
    expect(result.code).toBe(130);
    expect(result.err).toContain('error: interrupted; prod/exec-web-0 stays pending (take it back: kubectl sallyport');
  });

  it.each([
    ['wait prod/nope', 3],
    ['wait prod/exec-web-0 --timeout soon', 2],
    ['wait prod/exec-web-0 --timeout 0s', 2],
  ])('%s: %d', async (args, code) => {
    expect((await harness.run(args)).code).toBe(code);
  });
});
