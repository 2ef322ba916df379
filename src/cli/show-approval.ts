import type { ApprovalRequest, PolicyTerms, Stage, StageProgress } from '../core/api/kinds.ts';
import { usesThatCount } from '../core/approval/give-back.ts';
import { grantOf } from '../core/approval/grant.ts';
import { approverName } from '../core/approval/person.ts';
import { isStrict } from '../core/approval/separation.ts';
import { initialStages, progressOf as stageProgress } from '../core/approval/stages.ts';
import { printable } from '../core/attributes/printable.ts';
import { grantOfRequest, windowText } from '../core/notice/window-text.ts';
import { whoIsMissing } from '../core/decision/denial.ts';
import { humanDuration } from '../core/api/human-duration.ts';

/** Which policies ask, and who has approved, a line each, without indentation. */
export function approvalLines(request: ApprovalRequest): string[] {
  const policies = request.spec.policies ?? [];
  const progress = progressOf(request);
  if (policies.length === 0) return ['no policy is stamped on it: it cannot be approved'];
  return [
    ...policies.flatMap((policy) => policyLines(policy, progress)),
    ...grantLines(request),
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
    printable(
      `${use.at} by ${use.username}${use.summary === undefined ? '' : `: ${use.summary}`} (decision ${use.decision}${use.repeats === undefined ? '' : `, reviewed ${use.repeats} times more`})${use.givenBack === undefined ? '' : `, given back: the API server answered ${use.givenBack.code}`}`,
    ),
  );
}

/** `used 3/10` of a window that is, or was, approved. */
export function usedText(request: ApprovalRequest): string | undefined {
  const { spec, status } = request;
  const grant = grantOf(spec.policies ?? [], spec.duration);
  const approved = status?.conditions?.some(({ type, status: is }) => type === 'Approved' && is === 'True') ?? false;
  if (grant.type === 'Once' || !(approved || status?.state === 'Approved')) return undefined;
  const given = grantOfRequest(request);
  return `used ${usesThatCount(status ?? {})}/${given.type === 'Once' ? 1 : given.maxUses}`;
}

/** What all the policies together grant: an approval of a window is more than one of a single use. */
function grantLines(request: ApprovalRequest): string[] {
  const text = windowText(request);
  return text === undefined ? [] : [`Grants: ${text}`];
}

function seconds(count: number): string {
  return humanDuration(count * 1000);
}

function policyLines(policy: PolicyTerms, progress: readonly StageProgress[]): string[] {
  const { grant, stages } = policy.terms;
  const window =
    grant.windowSeconds === undefined ? '' : ` of ${seconds(grant.windowSeconds)}, ${grant.maxUses ?? 1} uses`;
  const strict = isStrict(policy) ? '; nobody who could act as the requester' : '';
  const use = `${grant.type}${window}, ${grant.binding}, to be used within ${seconds(grant.useWithinSeconds)}${strict}`;
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
