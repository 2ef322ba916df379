import { nobodyMapped } from './people.ts';
import { createPolicyIndex } from '../../src/core/decision/match/policy-index.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote, UserInfo } from '../../src/core/api/kinds.ts';
import type { Attributes } from '../../src/core/attributes/attributes.ts';
import type { JsonObject } from '../../src/core/attributes/json.ts';
import { createPolicyCompiler } from '../../src/core/decision/compile.ts';
import { endedAt } from '../../src/core/decision/lookup.ts';
import type { Snapshot } from '../../src/core/decision/snapshot.ts';
import type { AccessQuestion } from '../../src/ports/access-review.ts';
import { FakeAccessReview } from '../../src/ports/fake-access-review.ts';
import { FakeApprovals } from '../../src/ports/fake-approvals.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import type { OwnKindsPorts } from '../../src/webhook/own-kinds/review-own-kinds.ts';
import { approvalPolicy } from './approval-policy.ts';
import { ALICE } from './attributes.ts';
import { scopesOf } from './approval-request.ts';
import { TRUSTING } from './seals.ts';

export const CONTROLLER = 'system:serviceaccount:sallyport-system:sallyport-controller';
export const WEBHOOK = 'system:serviceaccount:sallyport-system:sallyport-webhook';
export const SLACK = 'system:serviceaccount:sallyport-system:sallyport-slack';
export const CONSOLE = 'system:serviceaccount:sallyport-system:sallyport-console';
export const COLLECTOR = 'system:serviceaccount:kube-system:generic-garbage-collector';
export const NAMESPACE_CONTROLLER = 'system:serviceaccount:kube-system:namespace-controller';

/** core/v1 Pod prod/web-0, running. */
const POD: JsonObject = {
  metadata: { name: 'web-0', namespace: 'prod', uid: 'pod-uid', labels: { app: 'web' } },
  spec: { containers: [{ name: 'app' }] },
  status: { containerStatuses: [{ name: 'app', state: { running: {} } }] },
};

export interface OwnKindsWorld {
  readonly ports: OwnKindsPorts;
  readonly clock: FakeClock;
  readonly approvals: FakeApprovals;
  policies: ApprovalPolicy[];
  /** In memory; `approvals` has what is stored. */
  requests: ApprovalRequest[];
  votes: ApprovalVote[];
  freshAt: number;
  /** What the authorizers of the cluster allow; by default everything. */
  mayDo: (question: AccessQuestion) => boolean;
  pod: JsonObject | undefined;
}

/** The ports of the reviews of our own kinds, over namespaces prod and old (terminating) and the pod prod/web-0. */
export function ownKindsWorld(): OwnKindsWorld {
  const clock = new FakeClock();
  const compile = createPolicyCompiler();
  const world: OwnKindsWorld = {
    clock,
    approvals: new FakeApprovals(clock),
    policies: [approvalPolicy()],
    requests: [],
    votes: [],
    freshAt: clock.now(),
    mayDo: () => true,
    pod: POD,
    ports: {
      clock,
      compile,
      snapshot: () => snapshot(),
      pods: { get: async () => world.pod },
      accessReview: new FakeAccessReview((question) => world.mayDo(question)),
      approvals: { get: (...args) => world.approvals.get(...args) },
      votes: (uid) => world.votes.filter((vote) => vote.spec.requestUID === uid),
      identities: {
        writeStatus: new Set([CONTROLLER, WEBHOOK]),
        openForOthers: new Set([WEBHOOK]),
        retention: new Set([CONTROLLER]),
        voteOnBehalf: { slack: new Set([SLACK]), console: new Set([CONSOLE]) },
      },
      settings: {
        systemNamespace: 'sallyport-system',
        ourUsernames: new Set([CONTROLLER, WEBHOOK]),
        hmac: (value) => `hmac-sha256:${value.length}`,
        seals: TRUSTING,
        people: nobodyMapped,
        limits: { pendingPerRequester: 2, pendingInAll: 3, cancelledPerRequesterADay: 50 },
      },
    },
  };
  const pending = () => world.requests.filter((request) => (request.status?.state ?? 'Pending') === 'Pending');
  const snapshot = (): Snapshot => ({
    freshAt: world.freshAt,
    policies: createPolicyIndex(world.policies.map(compile)),
    namespace: (name) => ({
      metadata: { name, ...(name === 'old' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    }),
    requests: (fingerprint) => world.requests.filter((request) => request.spec.fingerprint === fingerprint),
    scopes: (username) => scopesOf(world.requests, username),
    pending: (username) => ({
      ofRequester: pending().filter((request) => request.spec.requester?.username === username).length,
      inAll: pending().length,
    }),
    cancelled: (username, since) =>
      world.requests.filter(
        (request) =>
          request.status?.state === 'Cancelled' &&
          request.spec.requester?.username === username &&
          endedAt(request) >= since,
      ).length,
  });
  return world;
}

/** The review of a write to one of our kinds. */
export function ownKindAttributes(
  resource: 'approvalpolicies' | 'approvalrequests' | 'approvalvotes',
  operation: Attributes['operation'],
  object: object | null,
  overrides: Partial<Attributes> = {},
): Attributes {
  const shown = (object ?? overrides.oldObject ?? {}) as { metadata?: { name?: string; namespace?: string } };
  const { name, namespace } = shown.metadata ?? {};
  return {
    user: ALICE,
    operation,
    group: 'sallyport.dev',
    version: 'v1alpha1',
    resource,
    kind: '',
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    object: object as JsonObject | null,
    oldObject: null,
    options: null,
    dryRun: false,
    ...overrides,
  };
}

export function userNamed(username: string, groups: readonly string[] = ['system:authenticated']): UserInfo {
  return { username, groups, extra: {} };
}
