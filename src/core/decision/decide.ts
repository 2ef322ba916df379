import type { ApprovalRequest } from '../api/kinds.ts';
import { expiryOf, RESERVATION_MS, stateOf } from '../approval/approval-state.ts';
import { grantOf } from '../approval/grant.ts';
import type { Attributes } from '../attributes/attributes.ts';
import { gateReviewed } from './gate.ts';
import type { GatedAction } from './gated-action.ts';
import type { RefusedBy } from './guardrails.ts';
import { COOL_DOWN_MS, endedAt, type Found, lookup, satisfies } from './lookup.ts';
import type { Observation } from './observe.ts';
import { PEOPLE_UNKNOWN } from './people-unknown.ts';
import { neverWaits, requesterClass } from './requester-class.ts';
import { tooManyRequests } from './request-limits.ts';
import type { DecisionSettings } from './settings.ts';
import { isFresh, type Snapshot } from './snapshot.ts';

export type DenyReason =
  | 'NotReady'
  | 'PeopleUnknown'
  | 'PolicyNotReady'
  | 'Guardrail'
  | 'UnknownOption'
  | 'ContainerNotNamed'
  | 'NoTarget'
  | 'DeleteCollection'
  | 'TooManyPolicies'
  | 'TooManyRequests'
  | 'AlreadyUsed'
  | 'Denied'
  | 'Expired'
  | 'Revoked';

export type Decision =
  | {
      readonly verdict: 'NoOpinion';
      readonly reason: 'NoPolicyMatches' | 'SystemIdentity' | 'NothingChanged' | 'WouldAsk' | 'WouldDeny';
      /** What policies that are not enforced would have done. */
      readonly observed?: readonly Observation[];
    }
  /** `message` is for the requester: what to do, and no internals. */
  | {
      readonly verdict: 'Deny';
      readonly reason: DenyReason;
      readonly message: string;
      readonly gated?: GatedAction;
      readonly request?: ApprovalRequest;
      /** Who refuses it, where there is nothing to ask for. */
      readonly refusedBy?: RefusedBy;
    }
  | {
      readonly verdict: 'ApprovalRequired';
      readonly reason: 'NotAsked' | 'Pending';
      readonly gated: GatedAction;
      readonly pending?: ApprovalRequest;
      readonly ended?: ApprovalRequest;
    }
  /** There is a grant. It must be used, by one checked write, before the answer. */
  | {
      readonly verdict: 'Allow';
      readonly reason: 'Approved' | 'Reviewed';
      readonly gated: GatedAction;
      readonly request: ApprovalRequest;
    };

/** What an ended request says of its action for a while. */
export type EndedAnswer = Extract<Decision, { verdict: 'Deny' | 'Allow' }>;

/** Pure and total: what is to happen with a request to the API server, given what is known at `now`. */
export function decide(attributes: Attributes, snapshot: Snapshot, settings: DecisionSettings, now: number): Decision {
  if (!isFresh(snapshot, now)) {
    return {
      verdict: 'Deny',
      reason: 'NotReady',
      message: 'Sallyport is not in step with the API server; try again in a moment',
    };
  }
  const requester = requesterClass(attributes.user, settings);
  if (neverWaits(requester, attributes.operation)) return { verdict: 'NoOpinion', reason: 'SystemIdentity' };

  const gated = gateReviewed(attributes, snapshot, settings, requester);
  switch (gated.kind) {
    case 'Open':
      return 'observed' in gated
        ? { verdict: 'NoOpinion', reason: gated.reason, observed: gated.observed }
        : { verdict: 'NoOpinion', reason: gated.reason };
    case 'Refused':
      return {
        verdict: 'Deny',
        reason: gated.reason,
        message: gated.message,
        ...(gated.refusedBy === undefined ? {} : { refusedBy: gated.refusedBy }),
      };
    case 'Gated': {
      const found = lookup(gated.gated, snapshot, settings);
      return decideGated(gated.gated, found, attributes, snapshot, settings, now);
    }
  }
}

function decideGated(
  gated: GatedAction,
  found: Found,
  attributes: Attributes,
  snapshot: Snapshot,
  settings: DecisionSettings,
  now: number,
): Decision {
  if (found.approved !== undefined && now < expiryOf(found.approved.status)) {
    return { verdict: 'Allow', reason: 'Approved', gated, request: found.approved };
  }
  const { ended, settled, pending } = found;
  const answer = settled === undefined ? undefined : answerOfEnded(settled, gated, now);
  if (answer !== undefined && (pending === undefined || stateOf(settled ?? {}) === 'Consumed')) return answer;
  if (pending !== undefined) return { verdict: 'ApprovalRequired', reason: 'Pending', gated, pending };
  const tooMany = tooManyRequests(snapshot, attributes.user.username, settings, now);
  if (tooMany !== undefined) return { verdict: 'Deny', reason: 'TooManyRequests', message: tooMany, gated };
  // R21: who asks must be known, or they could approve it themselves by another name.
  if (settings.people() === undefined)
    return { verdict: 'Deny', reason: 'PeopleUnknown', message: PEOPLE_UNKNOWN, gated };
  return { verdict: 'ApprovalRequired', reason: 'NotAsked', gated, ...(ended === undefined ? {} : { ended }) };
}

/** R14, R40, R41: an ended request answers for its fingerprint for a while. */
export function answerOfEnded(ended: ApprovalRequest, gated: GatedAction, now: number): EndedAnswer | undefined {
  const age = now - endedAt(ended);
  const state = stateOf(ended);
  switch (state) {
    case 'Consumed':
      if (age >= RESERVATION_MS) return undefined;
      return gated.repeatable && satisfies(ended, gated.policies)
        ? { verdict: 'Allow', reason: 'Reviewed', gated, request: ended }
        : {
            verdict: 'Deny',
            reason: 'AlreadyUsed',
            message: usedMessage(ended),
            gated,
            request: ended,
          };
    case 'Denied':
    case 'Expired':
    case 'Revoked':
      if (age >= COOL_DOWN_MS[state]) return undefined;
      return { verdict: 'Deny', reason: state, message: coolDownMessage(ended, state, age), gated, request: ended };
    default:
      return undefined;
  }
}

/** A window's last use stands for R41 as a single use does; that it was the last must be said. */
function usedMessage({ spec }: ApprovalRequest): string {
  const grant = grantOf(spec.policies ?? [], spec.duration);
  return grant.type === 'Once'
    ? 'the approval was used a moment ago'
    : `the last of the ${grant.maxUses} uses of the approval was a moment ago`;
}

function coolDownMessage(ended: ApprovalRequest, state: 'Denied' | 'Expired' | 'Revoked', age: number): string {
  const condition = ended.status?.conditions?.find((entry) => entry.type === state);
  const seconds = Math.ceil((COOL_DOWN_MS[state] - age) / 1000);
  return `${condition?.message ?? state.toLowerCase()}; it can be asked for again in ${seconds} s`;
}
