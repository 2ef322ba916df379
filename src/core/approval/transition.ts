import type { CountedVote, PolicyTerms, RequestStatus } from '../api/kinds.ts';
import {
  type ApprovalEvent,
  type ApprovalState,
  type CastVote,
  ENDED,
  expiryOf,
  type Transition,
  hasVoted,
  isExcluded,
  isRequester,
  timestamp,
} from './approval-state.ts';
import { assuranceMessage, isAssured } from './assurance.ts';
import { breakable, breakGlassReasonProblem, isBreakGlass, isUnacknowledged, withBroken } from './break-glass.ts';
import { withCondition } from './conditions.ts';
import { escalateIfDue } from './escalation.ts';
import { mayCount, notSeparateMessage } from './separation.ts';
import { giveBack, usesThatCount } from './give-back.ts';
import { neededLater, neededLaterMessage } from './needed-later.ts';
import { end, ok, refuse } from './step.ts';
import { reasonProblem } from './reason.ts';
import {
  allComplete,
  approvalsText,
  countApproval,
  initialStages,
  isBroken,
  isListedAnywhere,
  isListedEver,
  listedNow,
  openStage,
} from './stages.ts';
import { grantGiven, use } from './use.ts';

/** Below the CRD's maxItems of status.votes, so that there is always room for a vote that says no. */
const APPROVALS_LIMIT = 60;

/**
 * The only place where an approval changes its state. Pure and total: it returns the next status or why there is none.
 * Only one thing leads out of an ended state: a use that is given back makes what was Consumed Approved again. A repeated use
 * of a Consumed request leaves it Consumed.
 *
 * @param now milliseconds since the epoch: of a vote, the moment the API server took it.
 */
export function transition(state: ApprovalState, event: ApprovalEvent, now: number): Transition {
  const current = opened(state);
  switch (event.type) {
    case 'Tick':
      return ok(expireIfDue(escalateIfDue(state.terms, current, now), now));
    case 'PolicyChanged':
      return isEnded(current)
        ? refuse('Ended', 'the request has ended')
        : ok(end(current, 'Revoked', 'PolicyChanged', `the terms of policy ${event.policy} changed`, now));
    case 'Vote':
      return vote(state, escalateIfDue(state.terms, current, now), event.vote, now);
    case 'Use':
      return use(state, current, event.use, now);
    case 'GiveBack':
      return giveBack(current, event, grantGiven(state, current).useWithinSeconds, now);
    case 'Impersonated':
      return impersonated(current, event.message, now);
  }
}

/** What is Consumed may be given back: it is marked, so that it is not good for another use then. */
function impersonated(status: RequestStatus, message: string, now: number): Transition {
  if (!isEnded(status)) return ok(end(status, 'Revoked', 'Impersonated', message, now));
  if (status.state !== 'Consumed') return refuse('Ended', 'the request has ended');
  const revoked = { type: 'Revoked', status: 'True', reason: 'Impersonated', message } as const;
  return ok({ ...status, conditions: withCondition(status.conditions, revoked, now) });
}

/** A request just created, with its stages and its deadline. */
function opened(state: ApprovalState): RequestStatus {
  const { status } = state;
  if (status.state !== undefined) return status;
  const stages = initialStages(state.terms, timestamp(state.createdAt));
  const timeout = Math.min(...state.terms.map((policy) => policy.terms.timeoutSeconds));
  const expires = Number.isFinite(timeout) ? state.createdAt + timeout * 1000 : state.createdAt;
  return { ...status, state: 'Pending', stages, approvals: approvalsText(stages), expiresAt: timestamp(expires) };
}

function expireIfDue(status: RequestStatus, now: number): RequestStatus {
  if (isEnded(status) || now < expiryOf(status)) return status;
  if (status.state === 'Approved' && usesThatCount(status) > 0)
    return end(status, 'Expired', 'WindowOver', 'its window is over', now);
  return status.state === 'Approved'
    ? end(status, 'Expired', 'NotUsedInTime', 'it was approved but not used in time', now)
    : end(status, 'Expired', 'TimedOut', 'it was not approved in time', now);
}

function vote(state: ApprovalState, status: RequestStatus, cast: CastVote, now: number): Transition {
  // What happened is acknowledged afterwards too.
  if (cast.decision === 'Acknowledge') return acknowledge(state, status, cast, now);
  if (isEnded(status)) return refuse('Ended', `the request is ${status.state} already`);
  if (!(now < expiryOf(status))) return refuse('Expired', 'its time is over');
  switch (cast.decision) {
    case 'Approve':
      return approve(state, status, cast, now);
    case 'Deny':
      // A denial that was cast before its voter could see the approval still ends the request.
      return endByApprover(state, status, cast, status.state === 'Pending' ? 'Denied' : 'Revoked', now);
    case 'Revoke':
      return endByApprover(state, status, cast, 'Revoked', now);
    case 'Cancel':
      if (!isRequester(state, cast)) return refuse('NotTheRequester', 'only its requester may cancel it');
      return ok(end(counted(status, cast, now), 'Cancelled', 'CancelledByRequester', reasonText(cast), now));
    case 'BreakGlass':
      return breakGlass(state, status, cast, now);
  }
}

function approve(state: ApprovalState, status: RequestStatus, cast: CastVote, now: number): Transition {
  if (status.state !== 'Pending') return refuse('NotPending', 'it is approved already');
  if (isExcluded(state, cast)) return refuse('SelfApproval', 'nobody approves their own request');
  if (hasVoted(status.votes, cast)) return refuse('AlreadyVoted', `${cast.person} has voted already`);
  if ((status.votes?.length ?? 0) >= APPROVALS_LIMIT)
    return refuse('TooManyVotes', `it has ${APPROVALS_LIMIT} votes already`);
  // Not counted by halves: a person votes once, and the policy that asks for more would never have their vote.
  const listed = listedNow(state.terms, status.stages ?? [], cast, now);
  if (!listed.every((policy) => isAssured(policy, cast))) return tooLow(listed, cast);
  const stages = countApproval(state.terms, status.stages ?? [], cast, now);
  if (stages === undefined) return notCounted(state, status, cast, now);
  const later = neededLater(state.terms, status.stages ?? [], cast, status.votes ?? [], state.excluded);
  if (later !== undefined) return refuse('NeededLater', neededLaterMessage(later, openOf(listed, status)));
  const reason = reasonProblem(
    state.terms.filter((policy) => !isBroken(policy, status.stages ?? [])),
    state.reason,
    state.matchedReason,
  );
  if (reason !== undefined)
    return refuse('ReasonRequired', `${reason}; its requester gives one with kubectl sallyport reason`);
  const next = { ...counted(status, cast, now), stages, approvals: approvalsText(stages) };
  return ok(
    approvedIfComplete(state, next, { reason: 'QuorumReached', message: `approved by ${approvers(next.votes)}` }, now),
  );
}

function openOf(policies: readonly PolicyTerms[], { stages = [] }: RequestStatus): string[] {
  return policies.flatMap((policy) => openStage(policy, stages)?.name ?? []);
}

/** Its requester goes ahead without the approvals of those policies that let them; the others still need theirs. */
function breakGlass(state: ApprovalState, status: RequestStatus, cast: CastVote, now: number): Transition {
  if (status.state !== 'Pending') return refuse('NotPending', 'it is approved already');
  if (!isRequester(state, cast)) return refuse('NotTheRequester', 'only its requester may break the glass');
  if (isBreakGlass(status)) return refuse('AlreadyVoted', 'the glass is broken already');
  const broken = breakable(state.terms, status.stages ?? [], cast);
  if (broken.length === 0) return refuse('NoBreakGlass', `no policy lets ${cast.username} break the glass`);
  if (!broken.every((policy) => isAssured(policy, cast))) return tooLow(broken, cast);
  const problem = breakGlassReasonProblem(broken, cast.reason);
  if (problem !== undefined) return refuse('ReasonRequired', problem);
  const stages = withBroken(broken, status.stages ?? [], timestamp(now));
  const message = `${cast.username} broke the glass of ${broken.map(({ name }) => name).join(', ')}: ${reasonText(cast)}`;
  const conditions = withCondition(
    status.conditions,
    { type: 'BreakGlass', status: 'True', reason: 'BrokenByRequester', message },
    now,
  );
  const next = { ...counted(status, cast, now), stages, approvals: approvalsText(stages), conditions };
  return ok(approvedIfComplete(state, next, { reason: 'BreakGlass', message }, now));
}

/** Somebody else has looked at it. The state never changes by that. */
function acknowledge(state: ApprovalState, status: RequestStatus, cast: CastVote, now: number): Transition {
  if (!isBreakGlass(status)) return refuse('NothingToAcknowledge', 'only a break-glass use is acknowledged');
  if (!isUnacknowledged(status)) return refuse('NothingToAcknowledge', 'it is acknowledged already');
  if (isExcluded(state, cast)) return refuse('SelfApproval', 'nobody acknowledges their own break-glass use');
  if (!isListedAnywhere(state.terms, status.stages ?? [], cast, now)) return notCounted(state, status, cast, now);
  const assured = state.terms.filter((policy) => isAssured(policy, cast));
  if (!isListedAnywhere(assured, status.stages ?? [], cast, now)) return tooLow(state.terms, cast);
  const separate = assured.filter((policy) => mayCount(policy, cast));
  if (!isListedAnywhere(separate, status.stages ?? [], cast, now))
    return refuse('NotSeparate', notSeparateMessage(state.terms, cast));
  return ok({
    ...counted(status, cast, now),
    conditions: withCondition(
      status.conditions,
      {
        type: 'Acknowledged',
        status: 'True',
        reason: 'AcknowledgedByApprover',
        message: `acknowledged by ${cast.username}: ${reasonText(cast)}`,
      },
      now,
    ),
  });
}

function approvedIfComplete(
  state: ApprovalState,
  status: RequestStatus,
  why: { readonly reason: string; readonly message: string },
  now: number,
): RequestStatus {
  const stages = status.stages ?? [];
  if (!allComplete(state.terms, stages)) return status;
  return {
    ...status,
    state: 'Approved',
    expiresAt: timestamp(now + grantGiven(state, status).useWithinSeconds * 1000),
    conditions: withCondition(status.conditions, { type: 'Approved', status: 'True', ...why }, now),
  };
}

/** First denial ends it (R24). Whoever may approve in any stage, open or not, may also say no. */
function endByApprover(
  state: ApprovalState,
  status: RequestStatus,
  cast: CastVote,
  to: 'Denied' | 'Revoked',
  now: number,
): Transition {
  if (isExcluded(state, cast)) return refuse('SelfApproval', 'the requester cancels a request instead');
  if (to === 'Denied' && hasVoted(status.votes, cast))
    return refuse('AlreadyVoted', `${cast.person} has voted already`);
  if (!isListedAnywhere(state.terms, status.stages ?? [], cast, now)) return notCounted(state, status, cast, now);
  return ok(
    end(
      counted(status, cast, now),
      to,
      `${to}ByApprover`,
      `${to.toLowerCase()} by ${cast.username}: ${reasonText(cast)}`,
      now,
    ),
  );
}

function notCounted(state: ApprovalState, status: RequestStatus, cast: CastVote, now: number): Transition {
  const separate = { ...cast, separation: { checked: true } };
  if (countApproval(state.terms, status.stages ?? [], separate, now) !== undefined)
    return refuse('NotSeparate', notSeparateMessage(state.terms, cast));
  return isListedEver(state.terms, cast)
    ? refuse('StageNotOpen', `the stage that lists ${cast.username} is not open to them now`)
    : refuse('NotAnApprover', `no stage lists ${cast.username}`);
}

/** Of saying no and of taking back nothing is asked: that must be easy, from wherever somebody is. */
function tooLow(policies: readonly PolicyTerms[], cast: CastVote): Transition {
  return refuse('AssuranceTooLow', assuranceMessage(policies, cast));
}

function counted(status: RequestStatus, cast: CastVote, now: number): RequestStatus {
  const entry: CountedVote = {
    uid: cast.uid,
    name: cast.name,
    person: cast.person,
    username: cast.username,
    decision: cast.decision,
    via: cast.via,
    at: timestamp(now),
    ...(cast.reason === undefined ? {} : { reason: cast.reason }),
  };
  return { ...status, votes: [...(status.votes ?? []), entry] };
}

function isEnded(status: RequestStatus): boolean {
  return ENDED.has(status.state ?? 'Pending');
}

function approvers(votes: readonly CountedVote[] | undefined): string {
  return (votes ?? [])
    .filter((entry) => entry.decision === 'Approve')
    .map((entry) => entry.username)
    .join(', ');
}

function reasonText(cast: CastVote): string {
  return cast.reason ?? 'no reason given';
}
