import { durationSeconds } from '../core/api/duration.ts';
import { humanDuration } from '../core/api/human-duration.ts';
import type { ApprovalRequest } from '../core/api/kinds.ts';
import { grantOf } from '../core/approval/grant.ts';
import { printable } from '../core/attributes/printable.ts';

/** What of the requester's words an open request, which stands for theirs too, does not hold: it is never changed. */
export function wordsNotTaken(open: ApprovalRequest, asked: ApprovalRequest): readonly string[] {
  const other = (['ticket', 'duration'] as const).filter(
    (field) => asked.spec[field] !== undefined && asked.spec[field] !== open.spec[field],
  );
  const reason = open.spec.reason === asked.spec.reason ? [] : [`for another reason: ${open.spec.reason ?? '(none)'}`];
  return [
    ...reason,
    ...other.map(
      (field) => `--${field} is not taken, a request is never changed: it has ${open.spec[field] ?? 'none'}`,
    ),
  ];
}

/** Says of a duration that is none shorter than what the policies give that it changes nothing; otherwise undefined. */
export function uselessDuration({ spec }: ApprovalRequest): string | undefined {
  const { duration, policies = [] } = spec;
  const grant = grantOf(policies);
  const asked = duration === undefined ? undefined : durationSeconds(duration);
  if (asked === undefined || grant.type !== 'Window' || asked <= grant.windowSeconds) return undefined;
  return printable(
    `--duration ${duration} shortens nothing: the window is ${humanDuration(grant.windowSeconds * 1000)}`,
  );
}
