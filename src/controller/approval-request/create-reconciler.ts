import type { ApprovalPolicy, ApprovalRequest, ApprovalVote, PolicyTerms, State } from '../../core/api/kinds.ts';
import { API_VERSION } from '../../core/api/group.ts';
import { ENDED, stateOf } from '../../core/approval/approval-state.ts';
import { isGenuine, type Seals } from '../../core/approval/seal.ts';
import type { PolicyCompiler } from '../../core/decision/compile.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Events } from '../../ports/events.ts';
import type { RequestStore } from '../../ports/request-store.ts';
import type { Watched } from '../../ports/watched.ts';
import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import type { Forgeries } from './forgeries.ts';
import { type Milestone, milestones } from './milestones.ts';
import type { RequestTransitions } from './request-events.ts';
import { LONGEST_WAIT_MS, reconcileRequest } from './reconcile.ts';
import { emitOnTarget, type TargetReason } from './target-events.ts';
import { createUsesSeen } from './use-events.ts';

export interface RequestReconcilerPorts {
  readonly requests: Watched<ApprovalRequest>;
  readonly policies: Watched<ApprovalPolicy>;
  readonly votes: Pick<Watched<ApprovalVote>, 'freshAt'>;
  /** The policy as stored now: memory may not have seen yet one that another replica saw. */
  readonly policyNow: (name: string, signal: AbortSignal) => Promise<ApprovalPolicy | undefined>;
  readonly votesOf: (requestUID: string) => readonly ApprovalVote[];
  readonly store: RequestStore;
  readonly seals: Seals;
  readonly compile: PolicyCompiler;
  readonly clock: Clock;
  readonly events: Events;
  readonly transitions: RequestTransitions;
  readonly forgeries: Pick<Forgeries, 'request'>;
  readonly retentionMs: number;
}

/** Brings one request, by its key, to where its votes, its policies and the clock say that it should be. */
export function createRequestReconciler(ports: RequestReconcilerPorts) {
  const uses = createUsesSeen();
  return async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const request = ports.requests.get(key);
    if (request === undefined) {
      uses.forget(key);
      return { type: 'Done' };
    }
    if (!isGenuine(request, ports.seals)) return await leaveAlone(request, ports, signal);
    if (uses.newUses(request) > 0) emitOnTarget(ports.events, request, 'ApprovalUsed');
    const terms = await currentTerms(request, ports, signal);
    const verdict = reconcileRequest({
      request,
      votes: ports.votesOf(request.metadata.uid ?? ''),
      termsNow: (stored) => terms.get(stored.name),
      now: ports.clock.now(),
      votesFreshAt: ports.votes.freshAt(),
      retentionMs: ports.retentionMs,
    });
    switch (verdict.kind) {
      case 'Wait':
        return { type: 'Again', afterMs: verdict.ms };
      case 'Delete':
        await ports.store.remove(request, signal);
        return { type: 'Done' };
      case 'Write': {
        const before = request.status?.state;
        const written = await ports.store.writeStatus(request, verdict.status, signal);
        for (const milestone of milestones(request, written)) announceMilestone(written, milestone, ports);
        if (stateOf(written) !== before) announce(written, ports);
        return { type: 'Done' };
      }
    }
  };
}

/**
 * R15: a request or a status that was not written by us is never folded on, extended or ended: nothing of ours would then
 * tell it from a true one. It is reported, asks for nothing, and is deleted when its time, counted from its creation, is over.
 */
async function leaveAlone(
  request: ApprovalRequest,
  { store, seals, forgeries, clock, retentionMs }: RequestReconcilerPorts,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const left = Date.parse(request.metadata.creationTimestamp ?? '') + retentionMs - clock.now();
  if (left <= 0) {
    await store.remove(request, signal);
    return { type: 'Done' };
  }
  forgeries.request(request, seals.isRequest(request.metadata.namespace ?? '', request.spec) ? 'Status' : 'Request');
  return { type: 'Again', afterMs: Math.min(left, LONGEST_WAIT_MS) };
}

/** The terms, as they are now, of each policy that an open request was asked under. */
async function currentTerms(
  request: ApprovalRequest,
  ports: RequestReconcilerPorts,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PolicyTerms>> {
  if (ENDED.has(stateOf(request))) return new Map();
  const entries = await Promise.all(
    (request.spec.policies ?? []).map(async (stored) => [stored.name, await termsNow(stored, ports, signal)] as const),
  );
  return new Map(entries.filter((entry): entry is [string, PolicyTerms] => entry[1] !== undefined));
}

/**
 * A policy that our memory does not know, or knows under another uid, is read: the request may have been asked under one
 * that has not arrived yet. One that is known only in an older generation has not changed: we are behind, and will be
 * called again when it arrives.
 */
async function termsNow(
  stored: PolicyTerms,
  { policies, policyNow, compile }: RequestReconcilerPorts,
  signal: AbortSignal,
): Promise<PolicyTerms | undefined> {
  const known = policies.get(stored.name);
  const policy = known?.metadata.uid === stored.uid ? known : await policyNow(stored.name, signal);
  if (policy === undefined) return undefined;
  if (policy.metadata.uid === stored.uid && (policy.metadata.generation ?? 0) < stored.generation) return stored;
  const compiled = compile(policy);
  // In another mode it asks nobody any more, and what it asked for waits for nothing.
  return compiled.ready && compiled.mode === 'Enforce' ? compiled.terms : undefined;
}

function announce(request: ApprovalRequest, { events, transitions }: RequestReconcilerPorts): void {
  const state = stateOf(request);
  // A use is written, and recorded, by the enforcement point.
  if (state === 'Consumed') return;
  transitions.changed(request, state);
  const message = request.status?.conditions?.find((condition) => condition.type === state)?.message;
  events.emit({
    regarding: regarding(request),
    type: state === 'Denied' || state === 'Revoked' || state === 'Expired' ? 'Warning' : 'Normal',
    reason: state,
    action: 'Reconcile',
    note: `${whatIsAsked(request)}: ${message ?? `waiting for approval (${request.status?.approvals ?? ''})`}`,
  });
  const onTarget = ON_TARGET[state];
  if (onTarget !== undefined) emitOnTarget(events, request, onTarget);
}

const ON_TARGET: Readonly<Partial<Record<State, TargetReason>>> = {
  Pending: 'ApprovalAsked',
  Approved: 'ApprovalGiven',
  Denied: 'ApprovalDenied',
};

function announceMilestone(
  request: ApprovalRequest,
  { type, message }: Milestone,
  { events, transitions }: RequestReconcilerPorts,
): void {
  transitions.reached(request, type, message);
  events.emit({
    regarding: regarding(request),
    type: type === 'BreakGlass' ? 'Warning' : 'Normal',
    reason: type,
    action: 'Reconcile',
    note: `${whatIsAsked(request)}: ${message}`,
  });
}

function whatIsAsked({ spec: { summary } }: ApprovalRequest): string {
  return `${summary?.action ?? ''} on ${summary?.target ?? ''}`;
}

function regarding({
  metadata: { namespace = '', name, uid },
}: ApprovalRequest): Parameters<Events['emit']>[0]['regarding'] {
  return { apiVersion: API_VERSION, kind: 'ApprovalRequest', namespace, name, ...(uid === undefined ? {} : { uid }) };
}
