import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { approvalRequest, CREATED_AT } from '../../test/builders/approval-request.ts';
import { approvalVote } from '../../test/builders/approval-vote.ts';
import { FakeWatched } from '../../test/builders/fake-watched.ts';
import { TRUSTING } from '../../test/builders/seals.ts';
import { eventually } from '../../test/harness/eventually.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import { createPolicyCompiler } from '../core/decision/compile.ts';
import { termsOf } from '../core/decision/terms.ts';
import { FakeApprovals } from '../ports/fake-approvals.ts';
import { FakeClock } from '../ports/fake-clock.ts';
import { FakeEvents } from '../ports/fake-events.ts';
import { FakeSecretStore } from '../ports/fake-secret-store.ts';
import { silentLogger } from '../platform/telemetry/logger.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { SERIAL_BYTES } from '../platform/tls/serial.ts';
import type { ApiRegistration } from '../ports/api-registrations.ts';
import { evidenceApiService } from './evidence-api/desired.ts';
import { createController } from './create-controller.ts';

const KEY = 'prod/exec-web-0-7f3c1a9e';

let clock: FakeClock;
let requests: FakeWatched<ApprovalRequest>;
let policies: FakeWatched<ApprovalPolicy>;
let votes: FakeWatched<ApprovalVote>;
let approvals: FakeApprovals;
let secrets: FakeSecretStore;
let applied: string[];
let writes: number;
/** APIServices that were taken away. */
let withdrawn: string[];
/** Tells of a change by somebody else. */
let changed: (name: string) => void;
let leadership: AbortController;
let running: Promise<void>;
beforeEach(() => {
  clock = new FakeClock(CREATED_AT);
  requests = new FakeWatched();
  policies = new FakeWatched();
  votes = new FakeWatched();
  policies.fresh = Number.POSITIVE_INFINITY;
  votes.fresh = Number.POSITIVE_INFINITY;
  approvals = new FakeApprovals(clock);
  secrets = new FakeSecretStore();
  applied = [];
  writes = 0;
  withdrawn = [];
  leadership = new AbortController();
  policies.put(approvalPolicy());
  requests.put(approvals.put(approvalRequest({ policies: [termsOf(approvalPolicy())] })));
});
afterEach(async () => {
  leadership.abort();
  await running;
});

function lead(): void {
  const controller = createController(
    {
      workers: 2,
      retentionMs: 30 * 24 * 3_600_000,
      webhookAddress: { kind: 'Service', namespace: 'sallyport-system', name: 'sallyport', port: 443 },
      servingNames: { dnsNames: ['sallyport.sallyport-system.svc'], ipAddresses: [] },
      ourUsernames: [],
      voteOnBehalf: { slack: [], console: [] },
      impersonationShows: true,
      systemNamespace: 'sallyport-system',
      callers: { kind: 'ClientCertificate' },
    },
    {
      policies,
      requests,
      votes,
      votesOf: (uid) => votes.list().filter((vote) => vote.spec.requestUID === uid),
      policyNow: async (name) => policies.get(name),
      compile: createPolicyCompiler(),
      store: {
        writeStatus: async (request, status, signal) => {
          const written = await approvals.writeStatus(request, status, signal);
          writes += 1;
          requests.put(written);
          return written;
        },
        remove: async () => {},
      },
      seals: TRUSTING,
      policyStatus: {
        writeStatus: async (policy, { observedGeneration, conditions }, signal) => {
          signal.throwIfAborted();
          writes += 1;
          policies.put({ ...policy, status: { observedGeneration, conditions: [...conditions] } });
        },
      },
      configurations: {
        apply: async (object, signal) => {
          signal.throwIfAborted();
          writes += 1;
          const { kind, metadata } = object as { kind: string; metadata: { name: string } };
          if (kind.endsWith('WebhookConfiguration'))
            applied.push(`${kind.replace('WebhookConfiguration', '')} ${metadata.name}`);
          return 'Unchanged';
        },
      },
      apiRegistrations: {
        find: async () =>
          evidenceApiService(
            { namespace: 'sallyport-system', name: 'sallyport', port: 8448 },
            'sallyport-system',
            '',
          ) as ApiRegistration,
        remove: async ({ metadata }) => void withdrawn.push(metadata.name),
      },
      followConfigurations: async (_objects, onChange) => {
        changed = (name) => onChange({ kind: 'ValidatingWebhookConfiguration', name });
      },
      discovery: { subresources: async () => [] },
      policyKindStands: async () => true,
      secrets,
      events: new FakeEvents(),
      clock,
      random: () => 0,
      randomSerial: () => randomBytes(SERIAL_BYTES),
      newPathSecret: () => randomBytes(32).toString('hex'),
      log: silentLogger,
      metrics: createMetrics({ processMetrics: false }),
    },
  );
  running = controller(leadership.signal, () => !leadership.signal.aborted);
}

const ALL = ['Mutating sallyport-own-kinds', 'Validating sallyport-own-kinds', 'Validating sallyport-gate'];
const state = () => requests.get(KEY)?.status?.state;
const condition = (type: string) =>
  policies.get('prod-shells')?.status?.conditions?.find((each) => each.type === type)?.status;

/** Until the policy is enforced and nothing is on its way. */
async function settled(): Promise<void> {
  await eventually(() => secrets.written.length === 2, 'certificates');
  for (let second = 0; second < 3; second += 1) await clock.advance(1_000);
  await eventually(() => condition('Enforced') === 'True', 'an enforced policy');
  for (let second = 0; second < 3; second += 1) await clock.advance(1_000);
}

describe('the leader', () => {
  test('gives what is there already its first status, its certificate and its configuration', async () => {
    lead();
    await settled();
    expect([state(), condition('Ready'), condition('Enforced')]).toEqual(['Pending', 'True', 'True']);
    expect(applied.slice(0, 3)).toEqual(ALL);
  });

  test('takes away the registration of an API of evidence that is not configured any more', async () => {
    lead();
    await settled();
    expect(new Set(withdrawn)).toEqual(new Set(['v1alpha1.evidence.sallyport.dev']));
  });

  test('says Enforced only after the API servers have had a second to see the configuration', async () => {
    lead();
    await eventually(() => secrets.written.length === 2, 'certificates');
    await clock.advance(200);
    await eventually(() => applied.length >= 3, 'configurations');
    await clock.advance(700);
    expect(condition('Enforced')).toBeUndefined();
    await settled();
    expect(condition('Enforced')).toBe('True');
  });

  test('counts a vote when it arrives', async () => {
    lead();
    await settled();
    const request = requests.get(KEY) ?? approvalRequest();
    votes.put(approvalVote(request, 'Approve', { username: 'bob' }));
    await clock.advance(0);
    expect(state()).toBe('Approved');
  });

  test('configures once for a changed policy, and not for a changed status', async () => {
    lead();
    await settled();
    applied = [];
    const policy = policies.get('prod-shells') ?? approvalPolicy();
    policies.put({ ...policy, metadata: { ...policy.metadata, generation: 2 } });
    for (let second = 0; second < 4; second += 1) await clock.advance(1_000);
    expect(applied).toEqual(ALL);
    expect(policies.get('prod-shells')?.status?.observedGeneration).toBe(2);
    expect(condition('Enforced')).toBe('True');
  });

  test('puts back within 15 s what somebody changed by hand', async () => {
    lead();
    await settled();
    applied = [];
    await clock.advance(15_000);
    expect(applied).toEqual(ALL);
  });

  test('puts back at once what a watch tells of', async () => {
    lead();
    await settled();
    applied = [];
    changed('sallyport-gate');
    await clock.advance(0);
    await eventually(() => applied.length === 3, 'the configurations');
    expect(applied).toEqual(ALL);
  });

  test('that has lost its leadership writes nothing more, whatever changes', async () => {
    lead();
    await settled();
    leadership.abort();
    await running;
    const before = [writes, secrets.written.length];
    votes.put(approvalVote(requests.get(KEY) ?? approvalRequest(), 'Approve', { username: 'bob' }));
    policies.put(approvalPolicy({ description: 'other' }));
    await clock.advance(30 * 24 * 3_600_000);
    expect([writes, secrets.written.length]).toEqual(before);
    expect([requests.listeners, policies.listeners, votes.listeners]).toEqual([0, 0, 0]);
  });

  test('that loses its leadership while it works ends what it is at without a write', async () => {
    lead();
    leadership.abort();
    await running;
    expect([writes, secrets.written, applied]).toEqual([0, [], []]);
  });
});
