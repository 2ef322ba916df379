import type { ApprovalRequest } from '../core/api/kinds.ts';
import { approvalState, ENDED, stateOf } from '../core/approval/approval-state.ts';
import { reasonProblem } from '../core/approval/reason.ts';
import { isBroken } from '../core/approval/stages.ts';
import { transition } from '../core/approval/transition.ts';
import { answerOfEnded, type EndedAnswer } from '../core/decision/decide.ts';
import { renderDenial, whatIsAsked, whoIsMissing } from '../core/decision/denial.ts';
import { summarise } from '../core/attributes/summary.ts';
import type { GatedAction } from '../core/decision/gated-action.ts';
import { isFor, isOutgrown, satisfies } from '../core/decision/lookup.ts';
import { requestName } from '../core/decision/request-place.ts';
import { AlreadyExistsError } from '../ports/approvals.ts';
import { buildRequest } from './build-request.ts';
import type { Call } from './call.ts';
import { factsOf, requestReference } from './denied.ts';
import type { Outcome } from './outcome.ts';
import type { EnforcementPorts } from './ports.ts';

/** Names that are taken, one after the other, before we give up: each try follows the chain of ended requests. */
const ATTEMPTS = 6;

export type Opened =
  | { readonly kind: 'Pending'; readonly request: ApprovalRequest }
  /** Approved between our look at memory and now. */
  | { readonly kind: 'Approved'; readonly request: ApprovalRequest }
  /** It has ended, and answers for its action still. */
  | { readonly kind: 'Ended'; readonly decision: EndedAnswer }
  | { readonly kind: 'PolicyChanged' };

export type OpenPorts = Pick<EnforcementPorts, 'approvals' | 'clock' | 'settings'>;

/** R13, R14: one pending request a fingerprint, whichever replica meets the action first. */
export async function openOrJoin(
  gated: GatedAction,
  known: { readonly pending?: ApprovalRequest; readonly ended?: ApprovalRequest },
  ports: OpenPorts,
  call: Call,
): Promise<Opened> {
  if (known.pending !== undefined) {
    // Memory may be behind: what was approved, or used by the review of the same write, a moment ago is found so here.
    const { namespace = '', name } = known.pending.metadata;
    const stored = await ports.approvals.get(namespace, name, call.signal);
    const settled =
      stored !== undefined && isFor(stored, gated, ports.settings) ? settle(stored, gated, ports) : undefined;
    if (settled !== undefined) return settled;
  }
  let after = known.ended?.metadata.uid;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // Names can be foreseen, and taken by others: the last try has one that cannot.
    const name = requestName(
      gated.action,
      (gated.scope ?? gated).fingerprint,
      attempt === ATTEMPTS - 1 ? call.id : after,
    );
    const existing = await openOrGet(gated, name, ports, call);
    if (existing === undefined) continue;
    if (existing.opened) return { kind: 'Pending', request: existing.request };
    const { request } = existing;
    if (isFor(request, gated, ports.settings)) {
      const settled = settle(request, gated, ports);
      if (settled !== undefined) return settled;
    }
    after = request.metadata.uid;
  }
  throw new Error('no free name for the request');
}

async function openOrGet(
  gated: GatedAction,
  name: string,
  { approvals, settings }: OpenPorts,
  { signal }: Call,
): Promise<{ readonly request: ApprovalRequest; readonly opened: boolean } | undefined> {
  try {
    return { request: await approvals.open(buildRequest(gated, name, settings), signal), opened: true };
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
  }
  const request = await approvals.get(gated.namespace, name, signal);
  return request === undefined ? undefined : { request, opened: false };
}

/** What an existing request of this fingerprint means now; undefined where it stands in the way of nothing new. */
function settle(request: ApprovalRequest, gated: GatedAction, { clock }: OpenPorts): Opened | undefined {
  const state = stateOf(request);
  if (ENDED.has(state)) {
    const decision = answerOfEnded(request, gated, clock.now());
    return decision === undefined ? undefined : { kind: 'Ended', decision };
  }
  if (!satisfies(request, gated.policies))
    return isOutgrown(request, gated.policies) ? undefined : { kind: 'PolicyChanged' };
  return state === 'Approved' ? { kind: 'Approved', request } : { kind: 'Pending', request };
}

/** DESIGN §3: the line that tells the requester who is being asked, and what to do. */
export function asked(id: string, gated: GatedAction, request: ApprovalRequest, retryAfter?: number): Outcome {
  const opened = transition(approvalState(request), { type: 'Tick' }, Number.NEGATIVE_INFINITY);
  const status = opened.ok ? opened.status : {};
  const reference = requestReference(request);
  const expires = status.expiresAt;
  const message = renderDenial(
    `approval required: ${whatIsAsked(gated.summary, gated.action.namespace)} needs ${whoIsMissing(request.spec.policies ?? [], status.stages ?? [])}. ` +
      `NOT executed. Request ${reference} is pending${scopeHint(request)}; ${reasonHint(request)}run the same command again after approval`,
    { code: 'ApprovalRequired', request: reference, retry: true, ...(expires === undefined ? {} : { expires }) },
  );
  return {
    kind: 'Asked',
    id,
    code: 'ApprovalRequired',
    message,
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
    facts: { ...factsOf({ gated, request, ...(expires === undefined ? {} : { expires }) }), retry: true },
  };
}

/** Who asks for more than they ran must hear of it. */
function scopeHint({ spec: { action } }: ApprovalRequest): string {
  return action.binding === 'Scope' ? ` (for ${summarise(action).action})` : '';
}

/** Nobody can approve what lacks the reason that a policy asks for: its requester must hear of it first. */
function reasonHint({ spec, status, metadata }: ApprovalRequest): string {
  const problem = reasonProblem(
    (spec.policies ?? []).filter((policy) => !isBroken(policy, status?.stages ?? [])),
    spec.reason,
  );
  return problem === undefined
    ? ''
    : `${problem}: give a reason first: kubectl sallyport reason ${requestReference({ metadata })} "…"; `;
}
