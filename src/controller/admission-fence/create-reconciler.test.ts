import { beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { approvedStatus, CREATED_AT, requestFor } from '../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import { gatedOf } from '../../../test/builders/decision-world.ts';
import { FakeWatched } from '../../../test/builders/fake-watched.ts';
import { TRUSTING } from '../../../test/builders/seals.ts';
import type { Action, ApprovalPolicy, ApprovalRequest, ApprovalVote, PolicySpec } from '../../core/api/kinds.ts';
import type { Seals } from '../../core/approval/seal.ts';
import { withCondition } from '../../core/approval/conditions.ts';
import { attributesOfWritten } from '../../core/attributes/written-action.ts';
import { createPolicyCompiler } from '../../core/decision/compile.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { ConflictError } from '../../ports/approvals.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeEvents } from '../../ports/fake-events.ts';
import { createFenceReconciler } from './create-reconciler.ts';
import { createOpeningEvents } from './opening-events.ts';

const ACTION: Action = {
  operation: 'CONNECT',
  group: 'sallyport.dev',
  version: 'v1alpha1',
  resource: 'fences',
  subresource: 'open',
  name: 'sallyport-fence',
};
const WINDOW_MS = 600_000;
const SPEC: Partial<PolicySpec> = {
  match: {
    resourceRules: [
      { apiGroups: ['sallyport.dev'], apiVersions: ['*'], operations: ['CONNECT'], resources: ['fences/open'] },
    ],
  },
  grant: { type: 'Window', window: '10m' },
};
const ALICE = {
  username: 'alice',
  groups: ['developers'],
  extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=1'] },
};

let clock: FakeClock;
let policies: FakeWatched<ApprovalPolicy>;
let requests: FakeWatched<ApprovalRequest>;
let votes: FakeWatched<ApprovalVote>;
let events: FakeEvents;
let seals: Seals;
let conflicts: number;
let written: object[];
let reconcile: ReturnType<typeof createFenceReconciler>;

beforeEach(() => {
  clock = new FakeClock(CREATED_AT + 20_000);
  policies = new FakeWatched();
  requests = new FakeWatched();
  votes = new FakeWatched();
  for (const watched of [policies, requests, votes]) watched.fresh = () => clock.now();
  events = new FakeEvents();
  seals = TRUSTING;
  conflicts = 0;
  policies.put(approvalPolicy(SPEC, 'fence-opening'));
  reconcile = leader();
});

/** A new leader, which knows nothing of what the one before did. */
function leader(): ReturnType<typeof createFenceReconciler> {
  const metrics = createMetrics({ processMetrics: false });
  return createFenceReconciler(
    {
      systemNamespace: 'sallyport-system',
      ourUsernames: ['sallyport'],
      voteOnBehalf: { slack: [], console: [] },
      impersonationShows: true,
    },
    {
      policies,
      requests,
      votes,
      votesOf: () => votes.list(),
      compile: createPolicyCompiler(),
      seals: { ...TRUSTING, isRequest: (...args) => seals.isRequest(...args), isVote: (vote) => seals.isVote(vote) },
      systemNamespace: 'sallyport-system',
      writer: {
        apply: async (object) => {
          written.push(object);
          return 'Written';
        },
      },
      stillLeading: () => true,
      store: {
        writeStatus: async (request, status) => {
          if (conflicts > 0) {
            conflicts -= 1;
            throw new ConflictError('somebody else wrote first');
          }
          const next = { ...request, status };
          requests.put(next);
          return next;
        },
      },
      openingEvents: createOpeningEvents(silentLogger, metrics, events),
      clock,
      log: silentLogger,
    },
  );
}

/** Alice's request, approved by bob ten seconds after it was opened. */
function approve(user = ALICE, change: (request: ApprovalRequest) => ApprovalRequest = (request) => request): void {
  const gated = gatedOf(attributesOfWritten(ACTION, user, undefined), [approvalPolicy(SPEC, 'fence-opening')]);
  const approved = { type: 'Approved', status: 'True', reason: 'QuorumReached', message: 'approved by bob' } as const;
  const request = requestFor(gated, {
    ...approvedStatus(gated, CREATED_AT + 10_000 + WINDOW_MS),
    conditions: withCondition([], approved, CREATED_AT + 10_000),
  });
  requests.put(change(request));
  votes.put(approvalVote(request, 'Approve', { username: 'bob' }));
}

/** Who the fence lets through, as its condition says; looks as often as a watch would make it. */
async function letThrough(): Promise<string | undefined> {
  for (let look = 0; look < 2; look += 1) {
    written = [];
    await reconcile('only', new AbortController().signal);
  }
  expect(written).toHaveLength(4);
  const [policy] = written as { spec: { matchConditions: { name: string; expression: string }[] } }[];
  return policy?.spec.matchConditions.find(({ name }) => name === 'not-let-through')?.expression;
}

const reasons = () => events.emitted.map(({ reason }) => reason);
const only = () => requests.list()[0];

describe('the fence', () => {
  test('lets nobody through while nothing is asked for', async () => {
    expect(await letThrough()).toBeUndefined();
  });

  test('lets the requester of an approved request through, with a credential of their own, once its use is written', async () => {
    approve();
    expect(await letThrough()).toMatch(/userInfo\.username == "alice" && .*credential-id/);
    expect(only()?.status?.uses).toHaveLength(1);
    expect(only()?.status?.expiresAt).toBe(new Date(CREATED_AT + 10_000 + WINDOW_MS).toISOString().replace('.000', ''));
    expect(reasons()).toEqual(['FenceOpened']);
  });

  test('asks for no credential where the requester was given none', async () => {
    approve({ ...ALICE, extra: {} as (typeof ALICE)['extra'] });
    expect(await letThrough()).toMatch(/\|\| !\(request\.userInfo\.username == "alice"\)$/);
  });

  test('is closed at the end of the window, and looked at then', async () => {
    approve();
    await letThrough();
    await clock.advance(WINDOW_MS - 10_000 - 2_000);
    const { afterMs } = (await reconcile('only', new AbortController().signal)) as { afterMs: number };
    expect(afterMs).toBe(2_000);
    await clock.advance(2_000);
    expect(await letThrough()).toBeUndefined();
    expect(reasons()).toEqual(['FenceOpened', 'FenceClosed']);
  });

  test('is kept open by the next leader, and closed where the time is over meanwhile', async () => {
    approve();
    await letThrough();
    reconcile = leader();
    expect(await letThrough()).toContain('alice');
    await clock.advance(WINDOW_MS);
    reconcile = leader();
    expect(await letThrough()).toBeUndefined();
    expect(only()?.status?.uses).toHaveLength(1);
  });

  test('is opened a moment later where somebody else wrote the request first', async () => {
    approve();
    conflicts = 1;
    written = [];
    expect(await reconcile('only', new AbortController().signal)).toEqual({ type: 'Again', afterMs: 1_000 });
    expect(written).toHaveLength(4);
    expect(await letThrough()).toContain('alice');
  });

  const closed: Record<string, () => void> = {
    'a request that is not approved': () =>
      approve(ALICE, (request) => ({ ...request, status: { ...request.status, state: 'Pending' } })),
    'a revoked one': () =>
      approve(ALICE, (request) => ({ ...request, status: { ...request.status, state: 'Revoked' } })),
    'one whose status alone says so': () => {
      approve();
      votes.remove(`${only()?.metadata.namespace ?? ''}/${votes.list()[0]?.metadata.name ?? ''}`);
    },
    'votes without our seal': () => {
      approve();
      seals = { ...TRUSTING, isVote: () => false };
    },
    'a request without our seal': () => {
      approve();
      seals = { ...TRUSTING, isRequest: () => false };
    },
    'terms that are no longer those of the policy': () => {
      approve();
      policies.put(approvalPolicy({ ...SPEC, grant: { type: 'Window', window: '5m' } }, 'fence-opening'));
    },
    'a policy more': () => {
      approve();
      policies.put(approvalPolicy(SPEC, 'another'));
    },
    'no policy any more': () => {
      approve();
      policies.remove('fence-opening');
    },
    'memory that is more than 10 s old': () => {
      approve();
      requests.fresh = clock.now() - 10_001;
    },
    'the approval of something else': () => {
      approve(ALICE, (request) => ({ ...request, spec: { ...request.spec, action: { ...ACTION, name: 'another' } } }));
    },
  };
  test.each(Object.entries(closed))('stays closed under %s', async (_, arrange) => {
    arrange();
    expect(await letThrough()).toBeUndefined();
    expect(reasons()).toEqual([]);
  });
});
