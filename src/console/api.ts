import type { State, VoteDecision } from '../core/api/kinds.ts';
import type { Entry } from '../core/evidence/entry.ts';

/**
 * What the console's server and its page say to each other: JSON under `/api/v1`. Times are RFC 3339. All texts are raw:
 * the page never makes HTML of them. Errors are `ApiProblem` with the HTTP status of the matter.
 *
 *   GET  /api/v1/me                                    Me            401 where nobody is signed in
 *   GET  /api/v1/requests?view=&state=&namespace=&requester=&q=&cursor=   RequestList
 *   GET  /api/v1/requests/{namespace}/{name}           RequestDetail 404 where there is none, or it is none of theirs
 *   POST /api/v1/requests/{namespace}/{name}/votes     CastBody → 201 RequestDetail; 403 refused, 409 `AlreadyVoted` or
 *                                                      `Changed` since it was shown, 503
 *   GET  /api/v1/evidence?namespace=&user=&person=&request=&decision=&resource=&name=&outcome=&kind=&since=&until=&cursor=
 *                                                      EvidenceList
 *                                                      403 `Forbidden` by the cluster's own rules; 404 where there is none
 *   GET  /api/v1/backtests?namespace=                  BacktestChoices  403 who may read no evidence there
 *   POST /api/v1/backtests                             BacktestBody → 200 lines of BacktestNews, until one that is no Progress;
 *                                                      closing the connection calls it off. 429 `Busy`
 *   GET  /api/v1/stream                                text/event-stream: `event: change`, `data: Change`; `event: standing`,
 *                                                      `data: Standing`, first and whenever it changes
 *   GET  /login?to=PATH, GET /callback                 sign-in by OIDC
 *   POST /logout                                       SignedOut
 *
 * Any of them: 401 `NotSignedIn`; 403 `CrossSite` for a POST without the token, or of another origin; 421 `WrongHost`;
 * 429 `TooMany`, with Retry-After; 503 `Unavailable`.
 */
export const API_ROOT = '/api/v1';

/** Sent with every POST: a page of another site cannot read it. */
export const CSRF_HEADER = 'X-CSRF-Token';

export interface ApiProblem {
  /** Stable, for machines: a Refusal of a transition, `NoEntry`, `NotSignedIn`, `BadRequest`, `Unavailable`, … */
  readonly code: string;
  readonly message: string;
}

export interface Me {
  /** As the map or a template has them; absent for who is signed in and nobody knows: they may look and not vote. */
  readonly person?: string;
  readonly username: string;
  readonly groups: readonly string[];
  /** The people map cannot be read now: `person` is as it was known last, and its absence says nothing. Nobody can vote. */
  readonly mapAway?: true;
  /** Whether there is evidence to be searched. */
  readonly evidence?: true;
  readonly csrfToken: string;
  readonly expiresAt: string;
}

/** A record of the ledger, by what it is found. */
export interface EvidenceRow extends Entry {
  readonly ledger: string;
  /** `vote Approve`, `API server 101 began`, `ALARM Bypass`; says so where a record is not genuine. */
  readonly what: string;
  /** The rest of it, in words; may be empty. */
  readonly detail: string;
  /** Of an alarm: ids of the records that prove it. */
  readonly evidence?: readonly string[];
}

export interface EvidenceList {
  /** The newest first; of one request or decision, the oldest. */
  readonly items: readonly EvidenceRow[];
  /** Of the next page. */
  readonly cursor?: string;
  /** Records whose lines are not what they were. */
  readonly unreadable: number;
  /** Of one request or decision: uses of which no event of the API server tells yet, by their decision. */
  readonly untold: readonly string[];
  /** Records that are kept and cannot be found yet: absent where they are few. */
  readonly behind?: number;
}

/** How far back a policy is tried, in days. */
export const BACKTEST_DAYS = [7, 30, 90] as const;

export interface BacktestBody {
  /** Absent: of all namespaces. */
  readonly namespace?: string;
  /** Names of stored ones. */
  readonly policies?: readonly string[];
  /** ApprovalPolicies as somebody has written them. */
  readonly yaml?: string;
  readonly days: (typeof BACKTEST_DAYS)[number];
}

export interface BacktestChoices {
  /** Names of the stored policies, where the cluster lets the viewer read them; otherwise none. */
  readonly policies: readonly string[];
}

/** The session has ended. `to` is where to go to sign out at the provider too; `/` where it does not offer that. */
export interface SignedOut {
  readonly to: string;
}

/** Waiting: what waits for my vote, or for my acknowledgement. */
export const VIEWS = ['waiting', 'mine', 'all'] as const;
export type View = (typeof VIEWS)[number];

/** In the order of the buttons. */
export const DECISIONS = [
  'Approve',
  'Deny',
  'Revoke',
  'Cancel',
  'Acknowledge',
  'BreakGlass',
] as const satisfies readonly VoteDecision[];

export interface RequestRow {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly state: State;
  readonly requester: { readonly username: string; readonly person?: string; readonly class: string };
  readonly action: string;
  readonly target: string;
  readonly approvals: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly waitingForMe: boolean;
  readonly mine: boolean;
  readonly breakGlass: boolean;
  /** Of a break-glass use that nobody has looked at yet. */
  readonly unacknowledged: boolean;
}

/** Whether what the console knows is in step with the API server. */
export interface Standing {
  /** When it was known last to be; absent while it is. What is answered meanwhile is what was known then. */
  readonly staleSince?: string;
}

export interface RequestList extends Standing {
  readonly items: readonly RequestRow[];
  /** Of the next page; absent on the last. */
  readonly cursor?: string;
  /** How many there are in all, over all pages. */
  readonly total: number;
}

/** Whether they may do it now, and if not, why. */
export type May = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };

export interface RequestDetail extends RequestRow, Standing {
  readonly digest: string;
  readonly warnings: readonly string[];
  /** What a break-glass by the requester would give, in place of the fact Grants; absent where they can break none. */
  readonly breakGlassGrants?: string;
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  /** What will run or change. `omitted` says what was cut. */
  readonly content?: { readonly kind: 'Command' | 'Diff'; readonly text: string; readonly omitted?: string };
  /** The canonical action as stored: bounded and redacted. */
  readonly object: unknown;
  readonly policies: readonly string[];
  readonly stages: readonly {
    readonly policy: string;
    readonly name: string;
    readonly approved: number;
    readonly required: number;
    readonly approvers: readonly string[];
    readonly open: boolean;
  }[];
  readonly timeline: readonly {
    readonly at: string;
    readonly kind: 'Opened' | 'Vote' | 'Escalated' | 'State' | 'Use' | 'Notified';
    readonly text: string;
  }[];
  readonly may: Readonly<Record<VoteDecision, May>>;
}

export interface CastBody {
  /** As they were shown (R20). */
  readonly uid: string;
  readonly digest: string;
  readonly decision: VoteDecision;
  readonly reason?: string;
}

export interface Change {
  readonly namespace: string;
  readonly name: string;
}
