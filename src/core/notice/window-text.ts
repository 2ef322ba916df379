import { humanDuration } from '../api/human-duration.ts';
import type { ApprovalRequest } from '../api/kinds.ts';
import { grantOf } from '../approval/grant.ts';

/** `10 uses within 30m of the approval, the first within 15m`; undefined where it is a single use. */
export function windowText({ spec }: ApprovalRequest): string | undefined {
  const grant = grantOf(spec.policies ?? [], spec.duration);
  if (grant.type === 'Once') return undefined;
  const first =
    grant.useWithinSeconds < grant.windowSeconds ? `, the first within ${humanSeconds(grant.useWithinSeconds)}` : '';
  return `${grant.maxUses} uses within ${humanSeconds(grant.windowSeconds)} of the approval${first}`;
}

function humanSeconds(count: number): string {
  return humanDuration(count * 1000);
}
