import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import { isGenuine, type Seals } from '../core/approval/seal.ts';
import type { JsonObject } from '../core/attributes/json.ts';
import type { CompiledPolicy, PolicyCompiler } from '../core/decision/compile.ts';
import { endedAt } from '../core/decision/lookup.ts';
import { createPolicyIndex } from '../core/decision/match/policy-index.ts';
import type { Snapshot } from '../core/decision/snapshot.ts';
import type { Watched } from '../ports/watched.ts';

export interface SnapshotSources {
  readonly policies: Watched<ApprovalPolicy>;
  readonly requests: Watched<ApprovalRequest>;
  readonly namespaces: Watched<JsonObject>;
  /** Of these a decision needs to know only that they are in step: a revocation that has not arrived is one (R1, R15). */
  readonly votes: Pick<Watched<ApprovalVote>, 'freshAt'>;
  /** And of who is who (R21). */
  readonly people: Pick<Watched<object>, 'freshAt'>;
}

/** Everything that decisions read, indexed: a decision costs the same with ten requests and with a hundred thousand. */
export function createSnapshotCache(sources: SnapshotSources, compile: PolicyCompiler, seals: Seals): () => Snapshot {
  const compiled = new Map<string, CompiledPolicy>();
  const byFingerprint = new Index<ApprovalRequest>((request) => request.spec.fingerprint);
  const pendingByRequester = new Index<ApprovalRequest>((request) =>
    stateOf(request) === 'Pending' && isGenuine(request, seals) ? (request.spec.requester?.username ?? '') : undefined,
  );
  const watched = [sources.policies, sources.requests, sources.namespaces, sources.votes, sources.people];
  const cancelledByRequester = new Index<ApprovalRequest>((request) =>
    stateOf(request) === 'Cancelled' && isGenuine(request, seals)
      ? (request.spec.requester?.username ?? '')
      : undefined,
  );
  const scopesByRequester = new Index<ApprovalRequest>((request) =>
    isScopeAtWork(request) ? request.spec.requester?.username : undefined,
  );
  let policies = createPolicyIndex<CompiledPolicy>([]);

  sources.policies.onChange((key, policy) => {
    if (policy === undefined) compiled.delete(key);
    else compiled.set(key, compile(policy));
    const byName = [...compiled.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    policies = createPolicyIndex(byName.map(([, value]) => value));
  });
  sources.requests.onChange((key, request) => {
    byFingerprint.set(key, request);
    pendingByRequester.set(key, request);
    scopesByRequester.set(key, request);
    cancelledByRequester.set(key, request);
  });

  return () => ({
    freshAt: Math.min(...watched.map((source) => source.freshAt())),
    policies,
    namespace: (name) => sources.namespaces.get(name),
    requests: (fingerprint) => byFingerprint.get(fingerprint),
    scopes: (username) => scopesByRequester.get(username),
    pending: (username) => ({ ofRequester: pendingByRequester.get(username).length, inAll: pendingByRequester.size }),
    cancelled: (username, since) =>
      cancelledByRequester.get(username).filter((request) => endedAt(request) >= since).length,
  });
}

/** One that was used up still answers for its last use (R41); any other end speaks for its own fingerprint alone. */
function isScopeAtWork(request: ApprovalRequest): boolean {
  const state = stateOf(request);
  return request.spec.action.binding === 'Scope' && (state === 'Consumed' || !ENDED.has(state));
}

/** Objects by a value of theirs; objects without the value are not in it. */
class Index<T> {
  readonly #valueOf: (object: T) => string | undefined;
  readonly #byValue = new Map<string, Map<string, T>>();
  readonly #valueByKey = new Map<string, string>();

  constructor(valueOf: (object: T) => string | undefined) {
    this.#valueOf = valueOf;
  }

  get size(): number {
    return this.#valueByKey.size;
  }

  get(value: string): readonly T[] {
    return [...(this.#byValue.get(value)?.values() ?? [])];
  }

  set(key: string, object: T | undefined): void {
    this.#remove(key);
    const value = object === undefined ? undefined : this.#valueOf(object);
    if (object === undefined || value === undefined) return;
    this.#valueByKey.set(key, value);
    const group = this.#byValue.get(value) ?? new Map<string, T>();
    this.#byValue.set(value, group.set(key, object));
  }

  #remove(key: string): void {
    const value = this.#valueByKey.get(key);
    if (value === undefined) return;
    this.#valueByKey.delete(key);
    const group = this.#byValue.get(value);
    group?.delete(key);
    if (group?.size === 0) this.#byValue.delete(value);
  }
}
