import type { ApprovalRequest } from '../core/api/kinds.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import type { Occasion } from './channel.ts';
import type { Happening } from './happenings.ts';
import type { Urgency } from './lane.ts';

const ASKING: readonly Occasion[] = ['Asked', 'StageOpened', 'Escalated', 'ReasonGiven', 'BreakGlass'];

/** @param pending what a destination has not been told of the request */
export function urgencyOf(request: ApprovalRequest, pending: readonly Happening[]): Urgency {
  if (ENDED.has(stateOf(request))) return 'Ended';
  return pending.some(({ occasion }) => ASKING.includes(occasion)) ? 'Asked' : 'Changed';
}
