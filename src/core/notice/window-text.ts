import { humanDuration } from '../api/human-duration.ts';
import type { ApprovalRequest } from '../api/kinds.ts';
import { timestamp } from '../approval/approval-state.ts';
import { breakable, isBreakGlass, useWithinSeconds, withBroken } from '../approval/break-glass.ts';
import type { Grant } from '../approval/grant.ts';
import { initialStages } from '../approval/stages.ts';
import { grantGiven } from '../approval/use.ts';

/** What the request gives, or gave: after a broken glass a single use, whatever its policies grant. */
export function grantOfRequest({ spec, status = {} }: ApprovalRequest): Grant {
  const duration = spec.duration === undefined ? {} : { duration: spec.duration };
  return grantGiven({ terms: spec.policies ?? [], ...duration }, status);
}

/**
 * `10 uses within 30m of the approval, the first within 15m`, and of a broken glass `one use, within 10m of the break-glass`;
 * undefined where an approval is good for a single use.
 */
export function windowText(request: ApprovalRequest): string | undefined {
  if (isBreakGlass(request.status)) return grantText(request);
  const grant = grantOfRequest(request);
  if (grant.type === 'Once') return undefined;
  const first =
    grant.useWithinSeconds < grant.windowSeconds ? `, the first within ${humanSeconds(grant.useWithinSeconds)}` : '';
  return `${grant.maxUses} uses within ${humanSeconds(grant.windowSeconds)} of the approval${first}`;
}

/** `one use, within 15m of the approval`; `nothing` without a policy. */
export function grantText(request: ApprovalRequest): string {
  const broken = isBreakGlass(request.status);
  const window = broken ? undefined : windowText(request);
  if (window !== undefined) return window;
  const { useWithinSeconds: seconds } = grantOfRequest(request);
  return Number.isFinite(seconds) ? onceWithin(seconds, broken ? brokenSince(request) : 'the approval') : 'nothing';
}

/** What a break-glass by the requester would give; undefined where they can break none. */
export function breakGlassText({ spec, status = {} }: ApprovalRequest): string | undefined {
  const { policies: terms = [], requester } = spec;
  if (requester === undefined || (status.state ?? 'Pending') !== 'Pending') return undefined;
  const progress = status.stages ?? initialStages(terms);
  const broken = breakable(terms, progress, { ...requester, groups: requester.groups ?? [] });
  if (broken.length === 0) return undefined;
  return onceWithin(useWithinSeconds(terms, withBroken(broken, progress, timestamp(0))), 'the break-glass');
}

/** Why the glass was broken, as its requester said; undefined where none was. */
export function breakGlassReason({ status }: Pick<ApprovalRequest, 'status'>): string | undefined {
  return status?.votes?.find(({ decision }) => decision === 'BreakGlass')?.reason;
}

/** Other policies may have needed their approvals still: the time runs from the last of both. */
function brokenSince({ status }: ApprovalRequest): string {
  const approved = status?.conditions?.find(({ type }) => type === 'Approved');
  return approved === undefined || approved.reason === 'BreakGlass' ? 'the break-glass' : 'the approval';
}

function onceWithin(seconds: number, since: string): string {
  return `one use, within ${humanSeconds(seconds)} of ${since}`;
}

function humanSeconds(count: number): string {
  return humanDuration(count * 1000);
}
