import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../../core/api/kinds.ts';
import { type ApprovalState, approvalState } from '../../core/approval/approval-state.ts';
import { foldVotes } from '../../core/approval/fold-votes.ts';
import { isGenuine, type Seals } from '../../core/approval/seal.ts';
import { mapInTurns } from './in-turns.ts';
import type { Watched } from '../../ports/watched.ts';

/** A request as it is now: with the votes that nobody has written into its status yet, and the time that has passed. */
export interface Folded {
  readonly request: ApprovalRequest;
  readonly status: RequestStatus;
  /** The same, for a transition. What it finds of a reason is kept with it: to compile a pattern is dear. */
  readonly state: ApprovalState;
}

/** Requests that bear our seal. A forged one is none (R15). */
export interface FoldedRequests {
  get(namespace: string, name: string): Folded | undefined;
  list(): Promise<readonly Folded[]>;
}

export interface FoldedPorts {
  readonly requests: Pick<Watched<ApprovalRequest>, 'get' | 'list'>;
  readonly votesOf: (requestUID: string) => readonly ApprovalVote[];
  readonly seals: Pick<Seals, 'isRequest' | 'isStatus'>;
  readonly now: () => number;
}

/** Deadlines and escalations are seen this much later: thousands of requests are not counted again for every page. */
const RECOUNT_MS = 1_000;

interface Known {
  /** Undefined: it does not bear our seal. */
  readonly folded: Folded | undefined;
  readonly votes: number;
  readonly at: number;
}

export function createFoldedRequests({ requests, votesOf, seals, now }: FoldedPorts): FoldedRequests {
  // By object: a changed request is another object, and what is gone is forgotten with it.
  const known = new WeakMap<ApprovalRequest, Known>();
  const fold = (request: ApprovalRequest): Folded | undefined => {
    const before = known.get(request);
    if (before !== undefined && before.folded === undefined) return undefined;
    const votes = votesOf(request.metadata.uid ?? '');
    const at = now();
    const fresh = before?.votes === votes.length && Math.abs(at - before.at) < RECOUNT_MS;
    if (before?.folded !== undefined && fresh) return before.folded;
    const state = before?.folded?.state ?? (isGenuine(request, seals) ? approvalState(request) : undefined);
    const status = state === undefined ? undefined : foldVotes(request, votes, at);
    const folded =
      state === undefined || status === undefined ? undefined : { request, status, state: { ...state, status } };
    known.set(request, { folded, votes: votes.length, at });
    return folded;
  };
  return {
    get: (namespace, name) => {
      const request = requests.get(`${namespace}/${name}`);
      return request === undefined ? undefined : fold(request);
    },
    list: () => mapInTurns(requests.list(), fold),
  };
}
