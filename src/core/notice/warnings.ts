import type { ApprovalRequest } from '../api/kinds.ts';
import { isBreakGlass, isUnacknowledged } from '../approval/break-glass.ts';
import { printable } from '../attributes/printable.ts';
import { unboundedReason } from '../attributes/summary.ts';
import { checkDigest } from './digest-check.ts';

/** What an approver must not overlook, in sentences. */
export function warningsOf(request: ApprovalRequest): string[] {
  const { spec } = request;
  const { omitted, ...kept } = spec.action;
  const unbounded = unboundedReason(kept);
  const stamped = spec.unbounded === undefined || spec.unbounded === omitted ? undefined : spec.unbounded;
  const check = checkDigest(request);
  return [
    ...(check.type === 'Mismatch'
      ? [`THE DIGEST IS NOT THAT OF WHAT IS SHOWN HERE (shown: ${check.computed}). Do not approve.`]
      : []),
    ...(check.type === 'Missing' ? ['Sallyport has not stamped this request. It cannot be approved.'] : []),
    ...(omitted === undefined ? [] : [`Not all of it is shown: ${omitted}.`]),
    ...[...new Set([unbounded, stamped])]
      .filter((reason) => reason !== undefined)
      .map((reason) => `You cannot see all that this allows: ${reason}.`),
    ...(spec.requester?.impersonated === true ? ['The requester was impersonated by somebody else.'] : []),
    ...brokenGlass(request),
  ].map(printable);
}

function brokenGlass({ status }: ApprovalRequest): string[] {
  if (!isBreakGlass(status)) return [];
  const told = ['BreakGlass', 'Acknowledged'].flatMap(
    (type) => status?.conditions?.find((condition) => condition.type === type)?.message ?? [],
  );
  return [`Without approval: ${told.join('; ')}${isUnacknowledged(status) ? '; not acknowledged yet' : ''}.`];
}
