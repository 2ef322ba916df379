import type { ApprovalRequest, PolicyTerms } from '../api/kinds.ts';
import { ENDED, expiryOf, RESERVATION_MS, stateOf } from '../approval/approval-state.ts';
import { isGenuine } from '../approval/seal.ts';
import { isWhole } from '../attributes/bound-action.ts';
import { digestOf, fingerprintOf } from '../attributes/digest.ts';
import { covers } from '../attributes/scope.ts';
import type { GatedAction } from './gated-action.ts';
import type { DecisionSettings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';
import { sameTerms } from './terms.ts';

/** The requests for one gated action, by what they mean for it. */
export interface Found {
  readonly approved?: ApprovalRequest;
  readonly pending?: ApprovalRequest;
  /** The one that ended last. */
  readonly ended?: ApprovalRequest;
  /** The one that ended last otherwise than by its requester, who must not cut a cool-down short. */
  readonly settled?: ApprovalRequest;
}

/** How long an ended request answers for its fingerprint: automatic retries must not ask anew (R14). */
export const COOL_DOWN_MS = { Denied: 600_000, Expired: 60_000, Revoked: 60_000 } as const;

export function lookup(
  gated: GatedAction,
  snapshot: Pick<Snapshot, 'requests' | 'scopes'>,
  settings: PlaceAndSeals,
): Found {
  // Of what has ended there may be much, and to see that a request is what it says costs hashes of all of it: no more of
  // them are looked at than it takes to find the last.
  const isTrue = (request: ApprovalRequest) => isFor(request, gated, settings);
  const requests = candidates(gated, snapshot);
  const open = requests.filter(
    (request) => !ENDED.has(stateOf(request)) && satisfies(request, gated.policies) && isTrue(request),
  );
  const allEnded = requests.filter((request) => ENDED.has(stateOf(request))).sort(lastFirst);
  const { fingerprint } = gated.scope ?? gated;
  const ended = allEnded.find((request) => request.spec.fingerprint === fingerprint && isTrue(request));
  const settled = allEnded
    .filter((request) => stateOf(request) !== 'Cancelled' && answersFor(request, gated))
    .sort((a, b) => answersUntil(b) - answersUntil(a))
    .find(isTrue);
  const approved = open
    .filter((request) => stateOf(request) === 'Approved')
    .sort((a, b) => expiryOf(b.status) - expiryOf(a.status))[0];
  const pending = open.find((request) => stateOf(request) === 'Pending');
  return {
    ...(approved === undefined ? {} : { approved }),
    ...(pending === undefined ? {} : { pending }),
    ...(ended === undefined ? {} : { ended }),
    ...(settled === undefined ? {} : { settled }),
  };
}

/** Those for exactly this action first, then those for the scope that would be asked for, then wider ones. */
function candidates(gated: GatedAction, snapshot: Pick<Snapshot, 'requests' | 'scopes'>): readonly ApprovalRequest[] {
  const exact = snapshot.requests(gated.fingerprint);
  if (gated.scope === undefined) return exact;
  const own = snapshot.requests(gated.scope.fingerprint);
  return [...new Set([...exact, ...own, ...snapshot.scopes(gated.user.username)])];
}

/**
 * Whether an ended request says anything of this action: one for it or for the scope that would be asked for, and a wider
 * scope whose last use was this very action (R41). A wider scope that was denied leaves it free to ask for less.
 */
function answersFor({ spec, status }: ApprovalRequest, gated: GatedAction): boolean {
  return (
    spec.digest === gated.digest ||
    spec.digest === gated.scope?.digest ||
    (status?.state === 'Consumed' && status.uses?.at(-1)?.digest === gated.digest)
  );
}

/** Until when an ended request answers, in milliseconds. */
function answersUntil(request: ApprovalRequest): number {
  const state = stateOf(request);
  const isCooling = state === 'Denied' || state === 'Expired' || state === 'Revoked';
  return endedAt(request) + (isCooling ? COOL_DOWN_MS[state] : RESERVATION_MS);
}

type PlaceAndSeals = Pick<DecisionSettings, 'systemNamespace' | 'seals'>;

/**
 * Whether a stored request is for this very action, or for a scope that covers it. Its own fingerprint is recomputed from
 * what it stores, so that a field that was written past our webhooks does not count; it counts only where its action lives,
 * and only with our seals on it and on its status (R15).
 */
export function isFor(request: ApprovalRequest, gated: GatedAction, settings: PlaceAndSeals): boolean {
  const { spec, metadata } = request;
  if (metadata.namespace !== gated.namespace && metadata.namespace !== settings.systemNamespace) return false;
  if (spec.requester === undefined || spec.digest === undefined) return false;
  const isExact = spec.digest === gated.digest;
  if (!isExact && !isScopeOver(request, gated)) return false;
  const fingerprint = isExact ? gated.fingerprint : fingerprintOf(gated.user, spec.digest);
  if (spec.fingerprint !== fingerprint) return false;
  if (isWhole(spec.action) && digestOf(spec.action) !== spec.digest) return false;
  return fingerprintOf(spec.requester, spec.digest) === fingerprint && isGenuine(request, settings.seals);
}

/** Whether the request asks for a scope that covers the action, and every policy lets a scope cover it: now, and then. */
function isScopeOver({ spec }: ApprovalRequest, gated: GatedAction): boolean {
  return (
    gated.scope !== undefined &&
    covers(spec.action, gated.action) &&
    (spec.policies ?? []).every(({ terms }) => terms.grant.binding === 'Scope') &&
    // R23: who approved alice's scope did not approve somebody who acts as alice.
    (gated.impersonated !== true || spec.requester?.impersonated === true)
  );
}

/** R30: every policy that matches now must be among the stored terms, unchanged. */
export function satisfies(request: ApprovalRequest, policies: readonly PolicyTerms[]): boolean {
  const stored = request.spec.policies ?? [];
  return policies.length > 0 && policies.every((policy) => stored.some((terms) => sameTerms(terms, policy)));
}

/**
 * Whether a policy has come to match that a stored request knows nothing of, while none that it knows has other terms. Such
 * a request is not revoked, but is no longer enough: what matches now must be asked for anew.
 */
export function isOutgrown(request: ApprovalRequest, policies: readonly PolicyTerms[]): boolean {
  const stored = request.spec.policies ?? [];
  const known = policies.flatMap((policy) => {
    const terms = stored.find(({ name }) => name === policy.name);
    return terms === undefined ? [] : [sameTerms(terms, policy)];
  });
  return known.length < policies.length && known.every((same) => same);
}

function lastFirst(a: ApprovalRequest, b: ApprovalRequest): number {
  return endedAt(b) - endedAt(a) || ((a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1);
}

export function endedAt(request: ApprovalRequest): number {
  const at = Date.parse(request.status?.endedAt ?? request.metadata.creationTimestamp ?? '');
  return Number.isNaN(at) ? 0 : at;
}
