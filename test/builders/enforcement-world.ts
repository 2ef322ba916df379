import { nobodyMapped } from './people.ts';
import { createPolicyIndex } from '../../src/core/decision/match/policy-index.ts';
import { approvalPolicy } from '../builders/approval-policy.ts';
import { requestFor, scopesOf } from '../builders/approval-request.ts';
import { votesThatApprove } from '../builders/approval-vote.ts';
import { execAttributes } from '../builders/attributes.ts';
import { FakeWatched } from '../builders/fake-watched.ts';
import { livePodWith } from '../builders/live-pod.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote, RequestStatus } from '../../src/core/api/kinds.ts';
import type { Attributes } from '../../src/core/attributes/attributes.ts';
import { createPolicyCompiler } from '../../src/core/decision/compile.ts';
import { stateOf, timestamp } from '../../src/core/approval/approval-state.ts';
import type { DecisionRecord } from '../../src/core/evidence/decision-record.ts';
import { foldVotes } from '../../src/core/approval/fold-votes.ts';
import { decide } from '../../src/core/decision/decide.ts';
import { endedAt } from '../../src/core/decision/lookup.ts';
import type { DecisionSettings } from '../../src/core/decision/settings.ts';
import type { GatedAction } from '../../src/core/decision/gated-action.ts';
import { requestName } from '../../src/core/decision/request-place.ts';
import type { Snapshot } from '../../src/core/decision/snapshot.ts';
import { FakeAccessReview } from '../../src/ports/fake-access-review.ts';
import { FakeApprovals } from '../../src/ports/fake-approvals.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { FakePods } from '../../src/ports/fake-pods.ts';
import { FakeRecorder } from '../../src/ports/fake-recorder.ts';
import { createHeldReviews } from '../../src/enforcement/held-reviews.ts';
import { createRequestSignals } from '../../src/enforcement/request-signals.ts';
import type { Call } from '../../src/enforcement/call.ts';
import { enforce } from '../../src/enforcement/enforce.ts';
import type { Outcome } from '../../src/enforcement/outcome.ts';
import { TRUSTING } from '../builders/seals.ts';

const compile = createPolicyCompiler();
export const SECRET = 'connect ECONNREFUSED 10.0.0.1:6443 token=hunter2';

const SETTINGS: DecisionSettings = {
  systemNamespace: 'sallyport-system',
  ourUsernames: new Set(),
  hmac: () => 'hmac',
  seals: TRUSTING,
  people: nobodyMapped,
  limits: { pendingPerRequester: 10, pendingInAll: 100, cancelledPerRequesterADay: 50 },
};

/** One API server and one replica. `seen` is what the replica's memory holds of requests; by default it is in step. */
export class World {
  readonly clock = new FakeClock();
  readonly approvals = new FakeApprovals(this.clock);
  readonly pods = new FakePods();
  readonly recorder = new FakeRecorder();
  /** What log and metric were told. */
  readonly answered: DecisionRecord[] = [];
  readonly decided = (decision: DecisionRecord): void => void this.answered.push(decision);
  /** Every vote on any request. */
  readonly cast: ApprovalVote[] = [];
  /** Tells held commands that a request has changed. */
  readonly watched = new FakeWatched<ApprovalRequest>();
  readonly signals = createRequestSignals(this.watched, this.clock);
  readonly held = createHeldReviews({ heldPerRequester: 1, heldInAll: 2 });
  mayExec = true;
  readonly accessReview: FakeAccessReview = new FakeAccessReview(() => this.mayExec);
  settings = SETTINGS;
  policies: readonly ApprovalPolicy[] = [approvalPolicy()];
  seen: readonly ApprovalRequest[] | undefined;
  behind = false;
  readonly revisions: { has(): boolean; reached(): Promise<boolean> } = {
    has: () => !this.behind,
    reached: async () => !this.behind,
  };
  snapshotFailure: Error | undefined;
  #calls = 0;

  constructor() {
    this.pods.pods.set('prod/web-0', livePodWith());
  }

  /** What the replica's memory holds of votes; by default those that were cast. */
  votes = (requestUID: string): readonly ApprovalVote[] =>
    this.cast.filter((vote) => vote.spec.requestUID === requestUID);

  readonly snapshot = (): Snapshot => {
    if (this.snapshotFailure !== undefined) throw this.snapshotFailure;
    const requests = this.seen ?? this.approvals.all();
    return {
      freshAt: this.clock.now(),
      policies: createPolicyIndex(this.policies.map(compile)),
      namespace: () => ({ metadata: { name: 'prod' } }),
      requests: (fingerprint) => requests.filter((request) => request.spec.fingerprint === fingerprint),
      scopes: (username) => scopesOf(requests, username),
      pending: () => ({ ofRequester: 0, inAll: 0 }),
      cancelled: (_username, since) =>
        requests.filter((request) => stateOf(request) === 'Cancelled' && endedAt(request) >= since).length,
    };
  };

  async enforce(attributes: Attributes = exec(), call: Partial<Call> = {}): Promise<Outcome> {
    this.#calls += 1;
    const defaults = {
      id: `d${this.#calls}`,
      deadline: this.clock.now() + 27_000,
      signal: new AbortController().signal,
    };
    return await enforce(attributes, this, { ...defaults, ...call });
  }

  gated(attributes: Attributes = execAttributes()): GatedAction {
    const decision = decide(
      attributes,
      { ...this.snapshot(), requests: () => [], scopes: () => [] },
      this.settings,
      this.clock.now(),
    );
    if (decision.verdict !== 'ApprovalRequired') throw new Error(decision.reason);
    return decision.gated;
  }

  /** Puts an approved request for the action into the API server. */
  approve(attributes: Attributes = execAttributes()): ApprovalRequest {
    return this.approveRequest(requestFor(this.gated(attributes)));
  }

  /** Casts the votes that the request needs, all in this second. */
  castVotes(request: ApprovalRequest): readonly ApprovalVote[] {
    const votes = votesThatApprove(request).map((vote) => ({
      ...vote,
      metadata: { ...vote.metadata, creationTimestamp: timestamp(this.clock.now()) },
    }));
    this.cast.push(...votes);
    return votes;
  }

  /** The same, and counts each when it comes, as the controller does. */
  approveRequest(request: ApprovalRequest): ApprovalRequest {
    const now = this.clock.now();
    const votes = this.castVotes(request);
    const status = votes.reduce<RequestStatus>(
      (counted, vote) => foldVotes({ ...request, status: counted }, [vote], now),
      request.status ?? {},
    );
    return this.approvals.put({ ...request, status });
  }

  /** Puts a request of the name that the webhook would choose. */
  putNamed(
    change: (request: ApprovalRequest) => ApprovalRequest,
    after?: string,
    uid = 'foreign-uid',
  ): ApprovalRequest {
    const gated = this.gated();
    const built = requestFor(gated, undefined, uid);
    const name = requestName(gated.action, gated.fingerprint, after);
    return this.approvals.put(change({ ...built, metadata: { ...built.metadata, name } }));
  }

  statuses(): readonly (RequestStatus | undefined)[] {
    return this.approvals.all().map((request) => request.status);
  }
}

/** As the API server sends it: without the pod. */
export function exec(overrides: Partial<Attributes> = {}): Attributes {
  const { pod, ...reviewed } = execAttributes(overrides);
  return pod === undefined ? execAttributes(overrides) : reviewed;
}

export const messageOf = (outcome: Outcome) => (outcome.kind === 'Allowed' ? '' : outcome.message);
export const codeOf = (outcome: Outcome) => `${outcome.kind} ${outcome.code}`;
