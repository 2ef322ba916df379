import type {
  ApprovalRequest,
  CountedVote,
  PolicyTerms,
  RequestStatus,
  State,
  Use,
  VoteDecision,
} from '../api/kinds.ts';
import { foldedName } from '../api/folded-name.ts';
import type { VoterIdentity } from './person.ts';
import type { MatchedReason } from './reason.ts';

/** Everything about a request that a transition may depend on. */
export interface ApprovalState {
  readonly terms: readonly PolicyTerms[];
  /** Persons and usernames that never count: the requester's, and the owner of a requesting agent. */
  readonly excluded: readonly string[];
  /** The requester, who alone may cancel: a person. */
  readonly requester: string;
  /** And by this name, whatever the people map has come to say since. */
  readonly requesterUsername?: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** spec.duration: the requester's own limit of a window. */
  readonly duration?: string;
  readonly status: RequestStatus;
  /** What the requester says that it is for. */
  readonly reason?: string;
  /** Kept from one vote to the next, while the request is the same. */
  readonly matchedReason?: MatchedReason;
}

export interface CastVote extends VoterIdentity {
  readonly uid: string;
  readonly name: string;
  readonly decision: VoteDecision;
  readonly via: string;
  readonly reason?: string;
}

export interface CastUse extends Pick<Use, 'username' | 'credential' | 'targetUID' | 'ignored' | 'digest' | 'summary'> {
  /** The decision id; also the id of the use. */
  readonly decision: string;
  /** R40: false for CONNECT and virtual creates, which the API server reviews exactly once. */
  readonly repeatable: boolean;
}

export type ApprovalEvent =
  | { readonly type: 'Vote'; readonly vote: CastVote }
  /** Time has passed. */
  | { readonly type: 'Tick' }
  /** A policy's terms changed, or it went away (R30). */
  | { readonly type: 'PolicyChanged'; readonly policy: string }
  | { readonly type: 'Use'; readonly use: CastUse }
  /** An audit event proves that nothing came of a use (R42). */
  | { readonly type: 'GiveBack'; readonly decision: string; readonly code: number }
  /** Only the audit log shows that who asked, or who voted, was somebody else in their name (R23). */
  | { readonly type: 'Impersonated'; readonly message: string };

export type Refusal =
  | 'NotPending'
  | 'Ended'
  | 'NotApproved'
  | 'Expired'
  | 'SelfApproval'
  | 'AlreadyVoted'
  | 'NotAnApprover'
  | 'NotSeparate'
  | 'AssuranceTooLow'
  | 'StageNotOpen'
  | 'NeededLater'
  | 'ReasonRequired'
  | 'NotTheRequester'
  | 'AlreadyUsed'
  | 'NotGivenBack'
  | 'TooManyVotes'
  | 'NoBreakGlass'
  | 'NothingToAcknowledge';

export type Transition =
  | { readonly ok: true; readonly status: RequestStatus }
  | { readonly ok: false; readonly refusal: Refusal; readonly message: string };

/** R40: how long the answer to a reviewed write stands for further reviews of the same write. */
export const RESERVATION_MS = 5_000;

/** Every state, in the order of a request's life. */
export const STATES: readonly State[] = [
  'Pending',
  'Approved',
  'Denied',
  'Expired',
  'Consumed',
  'Revoked',
  'Cancelled',
];

export const ENDED: ReadonlySet<State> = new Set<State>(['Denied', 'Expired', 'Consumed', 'Revoked', 'Cancelled']);

/** The state of a request as stored. A request without a status has just been created. */
export function stateOf(request: Pick<ApprovalRequest, 'status'>): State {
  return request.status?.state ?? 'Pending';
}

export function approvalState(request: ApprovalRequest): ApprovalState {
  const requester = request.spec.requester;
  const person = requester?.person ?? requester?.username ?? '';
  return {
    terms: request.spec.policies ?? [],
    excluded: [person, ...[requester?.username, requester?.owner].filter((name) => name !== undefined)],
    requester: person,
    ...(requester === undefined ? {} : { requesterUsername: requester.username }),
    createdAt: Date.parse(request.metadata.creationTimestamp ?? ''),
    ...(request.spec.duration === undefined ? {} : { duration: request.spec.duration }),
    status: request.status ?? {},
    matchedReason: new Map(),
    ...(request.spec.reason === undefined ? {} : { reason: request.spec.reason }),
  };
}

/** The last second that RFC 3339 can write. */
const LAST_TIMESTAMP = Date.parse('9999-12-31T23:59:59Z');

/** RFC 3339 in seconds. Total: what is no time becomes the epoch, which as a deadline is over. */
export function timestamp(ms: number): string {
  const bounded = Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), LAST_TIMESTAMP);
  return new Date(bounded).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/**
 * R21: persons are compared, and usernames too: the map may have changed since the request or an earlier vote. So are other
 * spellings of them.
 */
export function isExcluded(state: ApprovalState, voter: VoterIdentity): boolean {
  const names = namesOf(voter);
  return state.excluded.some((name) => names.has(foldedName(name)));
}

function namesOf({ person, username, alias = username }: VoterIdentity): ReadonlySet<string> {
  return new Set([person, username, alias].map(foldedName));
}

/** Whether the voter is who asked. */
export function isRequester(state: ApprovalState, voter: VoterIdentity): boolean {
  return voter.person === state.requester || voter.username === state.requesterUsername;
}

/** Whether the voter has decided already. To acknowledge what happened decides nothing. */
export function hasVoted(votes: readonly CountedVote[] | undefined, voter: VoterIdentity): boolean {
  const names = namesOf(voter);
  return (votes ?? []).some(
    ({ decision, person, username }) =>
      decision !== 'Acknowledge' && (names.has(foldedName(person)) || names.has(foldedName(username))),
  );
}

/** The deadline of a status, in milliseconds. One that cannot be read is over: fail closed. */
export function expiryOf(status: RequestStatus | undefined): number {
  const at = Date.parse(status?.expiresAt ?? '');
  return Number.isNaN(at) ? Number.NEGATIVE_INFINITY : at;
}
