import type { ApprovalRequest } from '../core/api/kinds.ts';
import type { Approvals } from './approvals.ts';

/** What the controller alone may do with requests. */
export interface RequestStore extends Pick<Approvals, 'writeStatus'> {
  /** Deletes exactly this object (uid); what has gone already is fine. */
  remove(request: ApprovalRequest, signal: AbortSignal): Promise<void>;
}
