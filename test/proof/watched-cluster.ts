import { approvalPolicy } from '../builders/approval-policy.ts';
import { approvalVote } from '../builders/approval-vote.ts';
import { SimulatedCollection } from '../harness/simulated-collection.ts';
import type {
  ApprovalPolicy,
  ApprovalRequest,
  ApprovalVote,
  RequestStatus,
  ResourceRule,
  VoteDecision,
} from '../../src/core/api/kinds.ts';
import { ENDED, stateOf, timestamp } from '../../src/core/approval/approval-state.ts';
import { termsOf } from '../../src/core/decision/terms.ts';
import { reconcileRequest } from '../../src/controller/approval-request/reconcile.ts';
import { type Approvals, AlreadyExistsError, ConflictError } from '../../src/ports/approvals.ts';
import type { FakeClock } from '../../src/ports/fake-clock.ts';
import { objectKey } from '../../src/platform/kube/kube-object.ts';
import type { CollectionName } from './watch-schedule.ts';

/** What held in etcd of policies and of the namespace, from a moment on. */
export interface Truth {
  /** Milliseconds. */
  readonly from: number;
  /** The policy on shells; undefined where there is none, or the namespace is not production. */
  readonly gate: ApprovalPolicy | undefined;
}

/** A write of a status, as etcd took it. */
export interface StatusWrite {
  readonly before: ApprovalRequest;
  readonly after: RequestStatus;
}

const NEVER_MS = 10 * 365 * 86_400_000;

/** The cluster itself: what is stored, what the controller does, and what held when. Its clock is the true one. */
export class WatchedCluster implements Approvals {
  readonly collections: Readonly<Record<CollectionName, SimulatedCollection>>;
  readonly history: Truth[] = [];
  readonly writes: StatusWrite[] = [];
  readonly #clock: FakeClock;
  #generation = 0;
  #votes = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.collections = {
      policies: new SimulatedCollection(clock),
      requests: new SimulatedCollection(clock),
      votes: new SimulatedCollection(clock),
      namespaces: new SimulatedCollection(clock),
    };
    // Without any policy a replica answers nobody (R3): this one is always there, and gates nothing that is tried here.
    this.collections.policies.write(approvalPolicy({ match: { resourceRules: [NODES] } }, 'nodes'));
    this.setPolicy('one');
    this.setLabel('prod');
  }

  setPolicy(terms: 'one' | 'two' | 'none'): void {
    const { policies } = this.collections;
    const old = policies.stored('shells');
    this.#generation += 1;
    if (terms === 'none') {
      if (old !== undefined) policies.erase(old);
    } else {
      const required = terms === 'one' ? 1 : 2;
      const policy = approvalPolicy(
        {
          match: {
            resourceRules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['CONNECT'], resources: ['pods/exec'] }],
            namespaceSelector: { matchLabels: { env: 'prod' } },
          },
          approval: {
            stages: [{ name: 'oncall', required, approvers: [{ kind: 'Group', name: 'sre' }] }],
            timeout: '2m',
          },
          grant: { type: 'Once', useWithin: '20s' },
          wait: { connect: '0s' },
        },
        'shells',
      );
      policies.write({ ...policy, metadata: { ...policy.metadata, generation: this.#generation } });
    }
    this.#note();
  }

  setLabel(env: 'prod' | 'dev'): void {
    this.collections.namespaces.write({ metadata: { name: 'prod', labels: { env } } });
    this.#note();
  }

  /** The states of etcd that held at some moment since `from`. */
  heldSince(from: number): readonly Truth[] {
    return this.history.filter((_, index) => (this.history[index + 1]?.from ?? Number.POSITIVE_INFINITY) >= from);
  }

  newest(command: string): ApprovalRequest | undefined {
    return this.requests().findLast(({ spec }) => spec.action.exec?.command?.[0] === command);
  }

  requests(): readonly ApprovalRequest[] {
    return this.collections.requests.all() as ApprovalRequest[];
  }

  votesOf(request: ApprovalRequest): readonly ApprovalVote[] {
    const votes = this.collections.votes.all() as ApprovalVote[];
    return votes.filter(({ spec }) => spec.requestUID === request.metadata.uid);
  }

  vote(request: ApprovalRequest, decision: VoteDecision, by: string): void {
    this.#votes += 1;
    const groups = by === 'mallory' ? ['developers'] : ['sre'];
    const vote = approvalVote(
      request,
      decision,
      { username: by, groups },
      {
        metadata: { uid: `vote-${this.#votes}`, creationTimestamp: timestamp(this.#clock.now()) },
      },
    );
    const { votes } = this.collections;
    if (votes.stored(objectKey(vote)) === undefined) votes.write(vote);
  }

  /** What the controller does when it has caught up. */
  reconcile(): void {
    const now = this.#clock.now();
    for (const request of this.requests().filter((each) => !ENDED.has(stateOf(each)))) {
      const verdict = reconcileRequest({
        request,
        votes: this.votesOf(request),
        termsNow: ({ name }) => {
          const policy = this.collections.policies.stored(name) as ApprovalPolicy | undefined;
          return policy === undefined ? undefined : termsOf(policy);
        },
        now,
        votesFreshAt: now,
        retentionMs: NEVER_MS,
      });
      if (verdict.kind === 'Write') this.#put({ ...request, status: verdict.status });
    }
  }

  async open(request: ApprovalRequest): Promise<ApprovalRequest> {
    if (this.collections.requests.stored(objectKey(request)) !== undefined) throw new AlreadyExistsError('it exists');
    const creationTimestamp = timestamp(this.#clock.now());
    return this.#put({ ...request, metadata: { ...request.metadata, creationTimestamp } });
  }

  async get(namespace: string, name: string): Promise<ApprovalRequest | undefined> {
    return structuredClone(this.collections.requests.stored(`${namespace}/${name}`)) as ApprovalRequest | undefined;
  }

  async votesOn(request: ApprovalRequest): Promise<readonly ApprovalVote[]> {
    return this.votesOf(request);
  }

  async writeStatus(request: ApprovalRequest, status: RequestStatus): Promise<ApprovalRequest> {
    const stored = this.collections.requests.stored(objectKey(request)) as ApprovalRequest | undefined;
    if (stored === undefined || stored.metadata.resourceVersion !== request.metadata.resourceVersion)
      throw new ConflictError('it has been modified');
    this.writes.push({ before: stored, after: status });
    return this.#put({ ...stored, status });
  }

  #put(request: ApprovalRequest): ApprovalRequest {
    return structuredClone(this.collections.requests.write(request)) as ApprovalRequest;
  }

  #note(): void {
    const namespace = this.collections.namespaces.stored('prod');
    const production = namespace?.metadata.labels?.['env'] === 'prod';
    const gate = production ? (this.collections.policies.stored('shells') as ApprovalPolicy | undefined) : undefined;
    this.history.push({ from: this.#clock.now(), gate });
  }
}

const NODES: ResourceRule = { apiGroups: [''], apiVersions: ['*'], operations: ['DELETE'], resources: ['nodes'] };
