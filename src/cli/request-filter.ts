import type { ApprovalRequest, State } from '../core/api/kinds.ts';
import { approvalState, type CastVote, stateOf } from '../core/approval/approval-state.ts';
import { isUnacknowledged } from '../core/approval/break-glass.ts';
import { transition } from '../core/approval/transition.ts';
import type { Caller } from './caller.ts';
import { isOpen } from './request-table.ts';

/** Which requests are listed. */
export interface RequestFilter {
  /** Also those that have ended. */
  readonly all: boolean;
  /** Only in these states, ended or not; undefined: any. */
  readonly states: ReadonlySet<State> | undefined;
  /** Only break-glass uses that nobody has acknowledged, ended or not. */
  readonly unacknowledged: boolean;
  /** Only those that the caller asked for, or an agent of theirs. */
  readonly mine: boolean;
  /** Only those that the caller's own act would take further: an approval, or an acknowledgement. */
  readonly waitingForMe: boolean;
}

/** Whether the filter has to know who the caller is. */
export function needsCaller({ mine, waitingForMe }: RequestFilter): boolean {
  return mine || waitingForMe;
}

/** @param caller undefined where `needsCaller` says that nobody asks */
export function isWanted(
  request: ApprovalRequest,
  filter: RequestFilter,
  caller: Caller | undefined,
  now: number,
): boolean {
  if (filter.states !== undefined && !filter.states.has(stateOf(request))) return false;
  if (filter.unacknowledged && !isUnacknowledged(request.status)) return false;
  if (filter.mine && !isOf(request, caller)) return false;
  if (filter.waitingForMe) return caller !== undefined && waitsFor(request, caller, now);
  return filter.all || filter.unacknowledged || filter.states !== undefined || isOpen(request);
}

function isOf({ spec: { requester } }: ApprovalRequest, caller: Caller | undefined): boolean {
  if (requester === undefined || caller === undefined) return false;
  return requester.username === caller.username || [requester.person, requester.owner].includes(caller.person);
}

/**
 * Whether an approval of the caller's would count now, or, of a broken glass, their acknowledgement: asked of the function
 * that counts votes. Whether they could act as the requester (`separation: Strict`) only Sallyport finds out: there this may
 * say yes too often, and so it may where the people map (R21) may not be read.
 */
function waitsFor(request: ApprovalRequest, { username, groups, person, votes }: Caller, now: number): boolean {
  if (!votes) return false;
  const state = approvalState(request);
  const vote: Omit<CastVote, 'decision'> = {
    uid: '',
    name: '',
    via: 'Kubernetes',
    username,
    groups,
    person,
    separation: { checked: true },
  };
  const would = (decision: CastVote['decision']) =>
    transition(state, { type: 'Vote', vote: { ...vote, decision } }, now).ok;
  return (
    (stateOf(request) === 'Pending' && would('Approve')) || (isUnacknowledged(request.status) && would('Acknowledge'))
  );
}
