import type { ApprovalRequest } from '../api/kinds.ts';
import { isBreakGlass, isUnacknowledged } from '../approval/break-glass.ts';
import { reasonProblem } from '../approval/reason.ts';
import { isBroken } from '../approval/stages.ts';
import { stateOf } from '../approval/approval-state.ts';
import { printable } from '../attributes/printable.ts';
import { unboundedReason } from '../attributes/summary.ts';
import { checkDigest } from './digest-check.ts';
import { onOneLine } from './notice-limits.ts';

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
    ...missingReason(request),
    ...brokenGlass(request),
  ].map(printable);
}

/** The terms want a reason, and there is none that does: an approval would not count. */
export function reasonMissing(request: ApprovalRequest): string | undefined {
  const { spec, status } = request;
  const policies = (spec.policies ?? []).filter((policy) => !isBroken(policy, status?.stages ?? []));
  return stateOf(request) === 'Pending' ? reasonProblem(policies, spec.reason) : undefined;
}

function missingReason(request: ApprovalRequest): string[] {
  const problem = reasonMissing(request);
  if (problem === undefined) return [];
  const { namespace = '', name } = request.metadata;
  return [
    `It cannot be approved yet: ${problem}. Its requester gives one with kubectl sallyport reason ${namespace}/${name}.`,
  ];
}

function brokenGlass({ status }: ApprovalRequest): string[] {
  if (!isBreakGlass(status)) return [];
  const told = ['BreakGlass', 'Acknowledged'].flatMap(
    (type) => status?.conditions?.find((condition) => condition.type === type)?.message ?? [],
  );
  return [
    `Without approval: ${told.map(onOneLine).join('; ')}${isUnacknowledged(status) ? '; not acknowledged yet' : ''}.`,
  ];
}
