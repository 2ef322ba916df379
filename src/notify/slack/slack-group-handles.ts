import type { ApprovalRequest } from '../../core/api/kinds.ts';

/** The Slack user groups that a stage of a request lists, by handle without `@`. Nothing else is asked of Slack (R22). */
export function slackGroupHandles({ spec }: ApprovalRequest): ReadonlySet<string> {
  const listed = (spec.policies ?? []).flatMap(({ terms }) =>
    terms.stages.flatMap(({ approvers, escalateTo = [] }) => [...approvers, ...escalateTo]),
  );
  return new Set(listed.flatMap(({ kind, name }) => (kind === 'SlackUserGroup' ? [name] : [])));
}
