import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../core/api/kinds.ts';
import { AlreadyExistsError, type Approvals, ConflictError } from './approvals.ts';
import type { Clock } from './clock.ts';

export type ApprovalsMethod = 'open' | 'get' | 'votesOn' | 'writeStatus';

/** `before`: nothing happens but the error. `after`: it is stored, and the answer is lost. */
export interface ApprovalsFault {
  readonly method: ApprovalsMethod;
  /** Which call of the method fails, from 1. */
  readonly call: number;
  readonly when: 'before' | 'after';
  readonly error: Error;
}

/** Requests in memory, with uids and resourceVersions as the API server gives them. */
export class FakeApprovals implements Approvals {
  readonly faults: ApprovalsFault[] = [];
  /** How often each method was called. */
  readonly calls: Record<ApprovalsMethod, number> = { open: 0, get: 0, votesOn: 0, writeStatus: 0 };
  /** Called before a status is written: somebody else may write first. */
  beforeWriteStatus: (() => void) | undefined;
  /** All votes as stored. */
  votes: ApprovalVote[] = [];
  readonly #stored = new Map<string, ApprovalRequest>();
  readonly #clock: Clock;
  #version = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Stores a request as if it had been there; a uid and a creationTimestamp that it has are kept. */
  put(request: ApprovalRequest): ApprovalRequest {
    this.#version += 1;
    const stored = structuredClone({
      ...request,
      metadata: {
        uid: `uid-${this.#version}`,
        creationTimestamp: new Date(this.#clock.now()).toISOString(),
        ...request.metadata,
        resourceVersion: String(this.#version),
      },
    });
    this.#stored.set(key(request), stored);
    return structuredClone(stored);
  }

  all(): readonly ApprovalRequest[] {
    return [...this.#stored.values()].map((request) => structuredClone(request));
  }

  async open(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalRequest> {
    return await this.#call('open', signal, () => {
      if (this.#stored.has(key(request))) throw new AlreadyExistsError(`${key(request)} already exists`);
      return this.put(request);
    });
  }

  async get(namespace: string, name: string, signal: AbortSignal): Promise<ApprovalRequest | undefined> {
    return await this.#call('get', signal, () => structuredClone(this.#stored.get(`${namespace}/${name}`)));
  }

  async votesOn({ metadata }: ApprovalRequest, signal: AbortSignal): Promise<readonly ApprovalVote[]> {
    return await this.#call('votesOn', signal, () => this.votes.filter(({ spec }) => spec.requestUID === metadata.uid));
  }

  async writeStatus(request: ApprovalRequest, status: RequestStatus, signal: AbortSignal): Promise<ApprovalRequest> {
    return await this.#call('writeStatus', signal, () => {
      this.beforeWriteStatus?.();
      const stored = this.#stored.get(key(request));
      if (stored?.metadata.resourceVersion !== request.metadata.resourceVersion) {
        throw new ConflictError(`${key(request)} has been modified`);
      }
      return this.put({ ...request, status });
    });
  }

  /** Each call gives way once, so that parallel callers mix. */
  async #call<T>(method: ApprovalsMethod, signal: AbortSignal, act: () => T): Promise<T> {
    signal.throwIfAborted();
    this.calls[method] += 1;
    const fault = this.faults.find((entry) => entry.method === method && entry.call === this.calls[method]);
    await Promise.resolve();
    if (fault?.when === 'before') throw fault.error;
    const result = act();
    await Promise.resolve();
    if (fault?.when === 'after') throw fault.error;
    return result;
  }
}

function key({ metadata }: ApprovalRequest): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}
