import { beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { approvalRequest, CREATED_AT, endedStatus } from '../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import { FakeWatched } from '../../../test/builders/fake-watched.ts';
import { sealsOf, TRUSTING } from '../../../test/builders/seals.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote, RequestStatus } from '../../core/api/kinds.ts';
import type { Seals } from '../../core/approval/seal.ts';
import { createPolicyCompiler } from '../../core/decision/compile.ts';
import { termsOf } from '../../core/decision/terms.ts';
import { FakeApprovals } from '../../ports/fake-approvals.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeEvents } from '../../ports/fake-events.ts';
import { createRequestReconciler } from './create-reconciler.ts';

const DAY = 24 * 3_600_000;
const KEY = 'prod/exec-web-0-7f3c1a9e';
const signal = new AbortController().signal;

let clock: FakeClock;
let requests: FakeWatched<ApprovalRequest>;
let policies: FakeWatched<ApprovalPolicy>;
let storedPolicy: ApprovalPolicy | undefined;
let votes: ApprovalVote[];
let approvals: FakeApprovals;
let events: FakeEvents;
let removed: (string | undefined)[];
let changes: string[];
let forged: string[];
let seals: Seals;
beforeEach(() => {
  clock = new FakeClock(CREATED_AT);
  requests = new FakeWatched();
  policies = new FakeWatched();
  storedPolicy = approvalPolicy();
  policies.put(storedPolicy);
  votes = [];
  approvals = new FakeApprovals(clock);
  events = new FakeEvents();
  removed = [];
  changes = [];
  forged = [];
  seals = TRUSTING;
});

function reconcile() {
  return createRequestReconciler({
    requests,
    policies,
    policyNow: async () => storedPolicy,
    votes: { freshAt: () => clock.now() },
    votesOf: () => votes,
    store: {
      writeStatus: async (request, status, aborted) => {
        const written = await approvals.writeStatus(request, status, aborted);
        requests.put(written);
        return written;
      },
      remove: async ({ metadata }) => {
        removed.push(metadata.uid);
      },
    },
    seals,
    forgeries: { request: (_request, kind) => forged.push(kind) },
    compile: createPolicyCompiler(),
    clock,
    events,
    transitions: { changed: (_request, to) => changes.push(to), reached: (_request, what) => changes.push(what) },
    retentionMs: 30 * DAY,
  })(KEY, signal);
}

function open(status?: RequestStatus, policy = approvalPolicy()): void {
  requests.put(approvals.put(approvalRequest({ policies: [termsOf(policy)] }, status)));
}

const state = () => requests.get(KEY)?.status?.state;

describe('a request', () => {
  test('that is new gets its first status, and then waits for its end, an hour at a time', async () => {
    open();
    expect(await reconcile()).toEqual({ type: 'Done' });
    expect(requests.get(KEY)?.status).toMatchObject({
      state: 'Pending',
      approvals: '0/1',
      expiresAt: '2026-01-01T01:00:00Z',
    });
    expect([changes, events.emitted.map(({ reason }) => reason)]).toEqual([['Pending'], ['Pending']]);
    await clock.advance(600_000);
    expect(await reconcile()).toEqual({ type: 'Again', afterMs: 3_000_000 });
  });

  test('with a timeout of 30 days is looked at every hour: a timer of 24.8 days would fire at once', async () => {
    const long = approvalPolicy({ approval: { stages: approvalPolicy().spec.approval.stages, timeout: '720h' } });
    policies.put(long);
    open(undefined, long);
    await reconcile();
    expect(await reconcile()).toEqual({ type: 'Again', afterMs: 3_600_000 });
  });

  test('with a vote is written with it; the event says what happened', async () => {
    open();
    await reconcile();
    votes = [approvalVote(approvalRequest(), 'Deny', { username: 'bob' })];
    await clock.advance(20_000);
    await reconcile();
    expect(state()).toBe('Denied');
    expect(events.emitted.at(-1)).toMatchObject({
      type: 'Warning',
      reason: 'Denied',
      regarding: { uid: 'request-uid' },
    });
  });

  test('whose time is over is Expired', async () => {
    open();
    await reconcile();
    await clock.advance(3_600_000);
    await reconcile();
    expect(state()).toBe('Expired');
  });

  test('that somebody else wrote meanwhile is not overwritten', async () => {
    open();
    approvals.put(approvalRequest({}, { state: 'Revoked' }));
    await expect(reconcile()).rejects.toThrow(/modified/);
    expect([changes, events.emitted]).toEqual([[], []]);
  });

  test('that is gone is left alone', async () => {
    expect(await reconcile()).toEqual({ type: 'Done' });
  });

  test('that ended 30 days ago is deleted, by its uid, and not before', async () => {
    open(endedStatus('Denied', CREATED_AT));
    await clock.advance(30 * DAY - 1_000);
    expect(await reconcile()).toEqual({ type: 'Again', afterMs: 1_000 });
    expect(removed).toEqual([]);
    await clock.advance(1_000);
    expect(await reconcile()).toEqual({ type: 'Done' });
    expect(removed).toEqual(['request-uid']);
  });

  test('that ended a moment ago is looked at within the hour', async () => {
    open(endedStatus('Consumed', CREATED_AT));
    expect(await reconcile()).toEqual({ type: 'Again', afterMs: 3_600_000 });
  });
});

describe('[R30] an open request', () => {
  const changed = (spec: Partial<ApprovalPolicy['spec']>, metadata: object = {}): ApprovalPolicy => {
    const policy = approvalPolicy(spec);
    return { ...policy, metadata: { ...policy.metadata, generation: 2, ...metadata } };
  };
  const TIMEOUT = { approval: { ...approvalPolicy().spec.approval, timeout: '2h' } };

  const cases: Record<string, readonly [() => void, 'Pending' | 'Revoked']> = {
    'stays when nothing changed': [() => {}, 'Pending'],
    'stays when only the description changed': [() => policies.put(changed({ description: 'other' })), 'Pending'],
    'is revoked when the terms changed': [() => policies.put(changed(TIMEOUT)), 'Revoked'],
    'is revoked when the policy cannot be enforced any more': [() => policies.put(changed({ masking: {} })), 'Revoked'],
    'is revoked when the policy only warns': [() => policies.put(changed({ mode: 'Warn' })), 'Revoked'],
    'is revoked when the policy only records': [() => policies.put(changed({ mode: 'Audit' })), 'Revoked'],
    'is revoked when the policy went away': [
      () => {
        policies.remove('prod-shells');
        storedPolicy = undefined;
      },
      'Revoked',
    ],
    'is revoked when the policy was made anew': [
      () => {
        storedPolicy = changed({}, { uid: 'other' });
        policies.put(storedPolicy);
      },
      'Revoked',
    ],
    'stays when memory has not seen the policy yet': [() => policies.remove('prod-shells'), 'Pending'],
    'stays when memory has the policy only as it was before': [
      () => policies.put(changed(TIMEOUT, { generation: 0 })),
      'Pending',
    ],
    'stays when memory still has the policy of that name before it was made anew': [
      () => policies.put(changed(TIMEOUT, { uid: 'older', generation: 7 })),
      'Pending',
    ],
  };
  test.each(Object.entries(cases))('%s', async (_sentence, [change, expected]) => {
    open({ state: 'Pending', expiresAt: '2026-01-01T01:00:00Z' });
    change();
    await reconcile();
    expect(state()).toBe(expected);
  });

  test('that has ended is not revoked', async () => {
    open(endedStatus('Denied', CREATED_AT));
    policies.remove('prod-shells');
    storedPolicy = undefined;
    await reconcile();
    expect(state()).toBe('Denied');
  });
});

describe('[R15] a request that we did not write as it stands', () => {
  const key = sealsOf('key');
  const sealed = (status?: RequestStatus, statusSeal = '') => {
    const { spec, ...rest } = approvalRequest({ policies: [termsOf(approvalPolicy())] });
    const request = { ...rest, spec: { ...spec, seal: key.request('prod', spec) } };
    return status === undefined ? request : { ...request, status: { ...status, seal: statusSeal } };
  };
  const APPROVED: RequestStatus = { state: 'Approved', expiresAt: '2026-01-01T01:00:00Z' };

  test.each<[string, () => ApprovalRequest, readonly string[]]>([
    ['a request without a seal', () => approvalRequest(), ['Request']],
    ['a status without a seal', () => sealed(APPROVED), ['Status']],
    ['a status with the seal of another', () => sealed(APPROVED, key.status('other-uid', APPROVED)), ['Status']],
  ])('%s is reported and neither extended nor ended, but deleted with time', async (_, forge, expected) => {
    seals = key;
    requests.put(approvals.put(forge()));
    const before = approvals.all();
    votes = [approvalVote(approvalRequest(), 'Deny', { username: 'bob' })];
    await clock.advance(3_600_000);
    expect(await reconcile()).toEqual({ type: 'Again', afterMs: 3_600_000 });
    expect([forged, approvals.all(), removed]).toEqual([expected, before, []]);
    await clock.advance(30 * DAY);
    expect(await reconcile()).toEqual({ type: 'Done' });
    expect(removed).toEqual(['request-uid']);
  });

  test('is told from one that we wrote', async () => {
    seals = key;
    requests.put(approvals.put(sealed({ state: 'Pending' }, key.status('request-uid', { state: 'Pending' }))));
    await reconcile();
    expect(forged).toEqual([]);
  });
});
