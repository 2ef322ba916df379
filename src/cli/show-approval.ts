import type { ApprovalRequest, PolicyTerms, Stage, StageProgress } from '../core/api/kinds.ts';
import { approverName } from '../core/approval/person.ts';
import { initialStages, progressOf as stageProgress } from '../core/approval/stages.ts';
import { printable } from '../core/attributes/summary.ts';
import { whoIsMissing } from '../core/decision/denial.ts';
import { humanDuration } from './relative-time.ts';

/** Which policies ask, and who has approved, a line each, without indentation. */
export function approvalLines(request: ApprovalRequest): string[] {
  const policies = request.spec.policies ?? [];
  const progress = progressOf(request);
  if (policies.length === 0) return ['no policy is stamped on it: it cannot be approved'];
  return [
    ...policies.flatMap((policy) => policyLines(policy, progress)),
    ...(request.status?.state === undefined || request.status.state === 'Pending'
      ? [`Missing: ${printable(missingText(request))}`]
      : []),
  ];
}

/** `1 of group sre`: whose approval is still missing. */
export function missingText(request: ApprovalRequest): string {
  return whoIsMissing(request.spec.policies ?? [], progressOf(request));
}

export function voteLines(request: ApprovalRequest): string[] {
  return (request.status?.votes ?? []).map((vote) =>
    printable(
      `${vote.at} ${vote.decision} by ${vote.username}${vote.person === vote.username ? '' : ` (${vote.person})`} via ${vote.via}${vote.reason === undefined ? '' : `: ${vote.reason}`}`,
    ),
  );
}

export function useLines(request: ApprovalRequest): string[] {
  return (request.status?.uses ?? []).map((use) =>
    printable(`${use.at} by ${use.username} (decision ${use.decision})`),
  );
}

function policyLines(policy: PolicyTerms, progress: readonly StageProgress[]): string[] {
  const { grant, stages } = policy.terms;
  const use = `${grant.type}, ${grant.binding}, to be used within ${humanDuration(grant.useWithinSeconds * 1000)}`;
  return [
    printable(`policy ${policy.name} (generation ${policy.generation}; ${use})`),
    ...stages.map((stage) => {
      const entry = stageProgress(policy, stage, progress);
      const who = stage.approvers.map(approverName).join(', ');
      const done = `${entry?.approved ?? 0}/${stage.required}`;
      return printable(`  stage ${stage.name}: ${done} of ${who}${escalationWords(stage, entry)}`);
    }),
  ];
}

/** ` or, since 10:10:00 UTC, group leads`: whom a stage escalates to, or has escalated to. */
function escalationWords(stage: Stage, entry: StageProgress | undefined): string {
  if (stage.escalateTo === undefined || stage.escalateAfterSeconds === undefined) return '';
  const since =
    entry?.escalatedAt === undefined
      ? `${humanDuration(stage.escalateAfterSeconds * 1000)} after it opened`
      : `since ${entry.escalatedAt}`;
  return ` or, ${since}, ${stage.escalateTo.map(approverName).join(', ')}`;
}

function progressOf({ spec, status }: ApprovalRequest): readonly StageProgress[] {
  return status?.stages ?? initialStages(spec.policies ?? []);
}
