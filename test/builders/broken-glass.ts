import type { ApprovalRequest, PolicyTerms } from '../../src/core/api/kinds.ts';
import { approvalState } from '../../src/core/approval/approval-state.ts';
import { transition } from '../../src/core/approval/transition.ts';
import { policyTerms } from './approval-policy.ts';
import { vote } from './approval-state.ts';

/** Five uses within half an hour, where approved; alice may break the glass, for ten minutes. */
export function breakableWindow(): PolicyTerms {
  return policyTerms({
    grant: { type: 'Window', binding: 'Exact', useWithinSeconds: 900, windowSeconds: 1800, maxUses: 5 },
    breakGlass: { subjects: [{ kind: 'User', name: 'alice' }], maxWindowSeconds: 600 },
  });
}

/** The request after alice broke its glass, which nobody has looked at yet. */
export function brokenGlass(request: ApprovalRequest, at: number, reason = 'the shop is down'): ApprovalRequest {
  const cast = vote('alice', 'BreakGlass', { reason });
  const broken = transition({ ...approvalState(request), status: {} }, cast, at);
  if (!broken.ok) throw new Error(broken.message);
  return { ...request, status: broken.status };
}
