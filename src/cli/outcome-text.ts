import type { ApprovalRequest } from '../core/api/kinds.ts';
import { stateOf } from '../core/approval/approval-state.ts';
import { isFenceAction } from '../core/attributes/fence-action.ts';
import { printable } from '../core/attributes/printable.ts';
import { deadlineText } from './relative-time.ts';
import { missingText } from './show-approval.ts';
import { keyOf } from './show-page.ts';

/** Where a request stands after a vote, in one line. */
export function outcomeText(request: ApprovalRequest, now: number): string {
  const { status } = request;
  const approvals = status?.approvals === undefined ? '' : ` (${status.approvals})`;
  return printable(`${keyOf(request)} is ${stateOf(request)}${approvals}${consequence(request, now)}`);
}

function consequence(request: ApprovalRequest, now: number): string {
  const { status } = request;
  const state = stateOf(request);
  switch (state) {
    case 'Pending':
      return `; it still needs ${missingText(request)}`;
    case 'Approved':
      if (isFenceAction(request.spec.action))
        return `; the fence is open until ${deadlineText(status?.expiresAt, now)}`;
      return `; the requester has until ${deadlineText(status?.expiresAt, now)} to run it`;
    case 'Denied':
    case 'Revoked':
    case 'Cancelled':
    case 'Expired':
    case 'Consumed': {
      const message = status?.conditions?.find((condition) => condition.type === state)?.message;
      return message === undefined ? '' : `: ${message}`;
    }
  }
}
