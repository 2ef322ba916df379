import { isDeepStrictEqual } from 'node:util';
import { approvalVote } from '../builders/approval-vote.ts';
import { SimulatedCollection } from '../harness/simulated-collection.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote, VoteDecision } from '../../src/core/api/kinds.ts';
import { timestamp } from '../../src/core/approval/approval-state.ts';
import type { Seals } from '../../src/core/approval/seal.ts';
import { type Approvals, AlreadyExistsError, ConflictError } from '../../src/ports/approvals.ts';
import type { Applied } from '../../src/ports/configuration-writer.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { FakeSecretStore } from '../../src/ports/fake-secret-store.ts';
import type { PolicyStatusWriter } from '../../src/ports/policy-status-writer.ts';
import type { RequestStore } from '../../src/ports/request-store.ts';
import { type KubeObject, objectKey } from '../../src/platform/kube/kube-object.ts';

/** What was written, and when (ms). */
export interface Written<T> {
  readonly at: number;
  readonly what: T;
}

/** The API server of a timeline: it outlives the processes. Every write is checked by resourceVersion, as there. */
export class TimelineCluster {
  readonly policies: SimulatedCollection;
  readonly requests: SimulatedCollection;
  readonly votes: SimulatedCollection;
  readonly namespaces: SimulatedCollection;
  readonly secrets = new FakeSecretStore();
  /** Every write of a Secret. */
  readonly written: Written<{ readonly name: string; readonly values: Readonly<Record<string, string>> }>[] = [];
  /** Every object that the controller applied and that was not like that before. */
  readonly applied: Written<{ readonly name: string; readonly object: object }>[] = [];
  readonly #clock: Clock;
  readonly #seals: Seals;
  #votes = 0;

  constructor(clock: Clock, seals: Seals) {
    this.#clock = clock;
    this.#seals = seals;
    this.policies = new SimulatedCollection(clock);
    this.requests = new SimulatedCollection(clock);
    this.votes = new SimulatedCollection(clock);
    this.namespaces = new SimulatedCollection(clock);
    this.namespaces.write({ metadata: { name: 'prod', labels: { env: 'prod' } } });
  }

  putPolicy(policy: ApprovalPolicy): void {
    const { metadata } = policy;
    const old = this.policies.stored(metadata.name) as ApprovalPolicy | undefined;
    const generation = (old?.metadata.generation ?? 0) + 1;
    this.policies.write({ ...policy, metadata: { ...metadata, generation } });
  }

  all(): readonly ApprovalRequest[] {
    return this.requests.all() as ApprovalRequest[];
  }

  /** The request that was opened last. */
  newest(): ApprovalRequest {
    const request = this.all().at(-1);
    if (request === undefined) throw new Error('nobody has asked for anything');
    return request;
  }

  /** As our own webhook stamps and seals it. */
  vote(request: ApprovalRequest, decision: VoteDecision, username: string, groups: string[], reason?: string): void {
    this.#votes += 1;
    const metadata = { uid: `vote-${this.#votes}`, creationTimestamp: timestamp(this.#clock.now()) };
    const spec = reason === undefined ? {} : { reason };
    const vote = approvalVote(request, decision, { username, groups }, { metadata, spec });
    const seal = this.#seals.vote(vote.metadata.namespace ?? '', vote.metadata.name ?? '', vote.spec);
    this.votes.write({ ...vote, spec: { ...vote.spec, seal } } as KubeObject);
  }

  readonly approvals: Approvals & RequestStore = {
    open: async (request) => {
      if (this.requests.stored(objectKey(request)) !== undefined) throw new AlreadyExistsError('it exists');
      const metadata = { ...request.metadata, creationTimestamp: timestamp(this.#clock.now()) };
      return copy(this.requests.write({ ...request, metadata })) as ApprovalRequest;
    },
    get: async (namespace, name) => copy(this.requests.stored(`${namespace}/${name}`)) as ApprovalRequest | undefined,
    votesOn: async ({ metadata: { uid } }) =>
      (this.votes.all() as ApprovalVote[]).filter(({ spec }) => spec.requestUID === uid),
    writeStatus: async (request, status) => {
      const stored = checked(this.requests, request);
      return copy(this.requests.write({ ...stored, status } as KubeObject)) as ApprovalRequest;
    },
    remove: async (request) => this.requests.erase(request),
  };

  readonly policyStatus: PolicyStatusWriter = {
    writeStatus: async (policy, status) => {
      const stored = checked(this.policies, policy);
      this.policies.write({ ...stored, status } as KubeObject);
    },
  };

  apply(object: object): Applied {
    const { kind, metadata } = object as { readonly kind: string; readonly metadata: { readonly name: string } };
    const name = `${kind} ${metadata.name}`;
    const before = this.applied.findLast((each) => each.what.name === name)?.what.object;
    if (isDeepStrictEqual(before, object)) return 'Unchanged';
    this.applied.push({ at: this.#clock.now(), what: { name, object } });
    return 'Written';
  }
}

function checked(collection: SimulatedCollection, given: KubeObject): KubeObject {
  const stored = collection.stored(objectKey(given));
  if (stored === undefined || stored.metadata.resourceVersion !== given.metadata.resourceVersion)
    throw new ConflictError('it has been modified');
  return stored;
}

function copy<T>(object: T): T {
  return structuredClone(object);
}
