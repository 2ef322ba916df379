import type { ApprovalRequest } from '../../core/api/kinds.ts';
import { escalationText } from '../../core/approval/escalation.ts';

/** What may happen to a request besides entering a state, and must be said: conditions of these types. */
export const MILESTONES = ['Escalated', 'BreakGlass', 'Acknowledged'] as const;

export interface Milestone {
  readonly type: (typeof MILESTONES)[number];
  readonly message: string;
}

/** What has happened between two writings of a request. A stage escalates once each; the rest happens once. */
export function milestones(before: Pick<ApprovalRequest, 'status'>, after: ApprovalRequest): Milestone[] {
  const terms = after.spec.policies ?? [];
  const escalated = (after.status?.stages ?? []).filter(
    ({ policy, name, escalatedAt }) =>
      escalatedAt !== undefined &&
      before.status?.stages?.find((entry) => entry.policy === policy && entry.name === name)?.escalatedAt === undefined,
  );
  const conditions = MILESTONES.filter((type) => type !== 'Escalated').flatMap((type) => {
    const had = before.status?.conditions?.some((condition) => condition.type === type) === true;
    const now = after.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
    return had || now === undefined ? [] : [{ type, message: now.message }];
  });
  return [
    ...escalated.map((entry): Milestone => ({ type: 'Escalated', message: escalationText(terms, entry) })),
    ...conditions,
  ];
}
