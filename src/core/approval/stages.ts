import type { PolicyTerms, Stage, StageProgress } from '../api/kinds.ts';
import { type VoterIdentity, isListed } from './person.ts';

/** Progress of every stage of every policy, none approved yet. */
export function initialStages(terms: readonly PolicyTerms[]): StageProgress[] {
  return terms.flatMap((policy) =>
    policy.terms.stages.map((stage) => ({
      policy: policy.name,
      name: stage.name,
      approved: 0,
      required: stage.required,
    })),
  );
}

/** The stage of one policy that takes votes now; undefined when all have their quorum. */
export function openStage(policy: PolicyTerms, progress: readonly StageProgress[]): Stage | undefined {
  return policy.terms.stages.find((stage) => approvedIn(policy.name, stage, progress) < stage.required);
}

export function allComplete(terms: readonly PolicyTerms[], progress: readonly StageProgress[]): boolean {
  return terms.length > 0 && terms.every((policy) => openStage(policy, progress) === undefined);
}

/** Counts one approval in the open stage of each policy that lists the voter there; undefined when none does. */
export function countApproval(
  terms: readonly PolicyTerms[],
  progress: readonly StageProgress[],
  voter: VoterIdentity,
): StageProgress[] | undefined {
  const counted = terms.flatMap((policy) => {
    const stage = openStage(policy, progress);
    return stage !== undefined && isListed(stage.approvers, voter) ? [{ policy: policy.name, name: stage.name }] : [];
  });
  if (counted.length === 0) return undefined;
  return progress.map((entry) =>
    counted.some((stage) => stage.policy === entry.policy && stage.name === entry.name)
      ? { ...entry, approved: entry.approved + 1 }
      : entry,
  );
}

/** Whether any stage of any policy, open or not, lists the voter. */
export function isListedAnywhere(terms: readonly PolicyTerms[], voter: VoterIdentity): boolean {
  return terms.some((policy) => policy.terms.stages.some((stage) => isListed(stage.approvers, voter)));
}

/** `1/2`, one figure a stage: for the APPROVALS column. */
export function approvalsText(progress: readonly StageProgress[]): string {
  return progress
    .map((stage) => `${stage.approved}/${stage.required}`)
    .join(', ')
    .slice(0, 253);
}

function approvedIn(policy: string, stage: Stage, progress: readonly StageProgress[]): number {
  return progress.find((entry) => entry.policy === policy && entry.name === stage.name)?.approved ?? 0;
}
