import type { Approver, PolicyTerms, Stage, StageProgress } from '../api/kinds.ts';
import { timestamp } from './approval-state.ts';
import { type VoterIdentity, isListed } from './person.ts';
import { mayCount } from './separation.ts';

/** Progress of every stage of every policy, none approved yet; the first of each is open since `openedAt` (RFC 3339). */
export function initialStages(terms: readonly PolicyTerms[], openedAt?: string): StageProgress[] {
  const progress = terms.flatMap((policy) =>
    policy.terms.stages.map((stage) => ({
      policy: policy.name,
      name: stage.name,
      approved: 0,
      required: stage.required,
    })),
  );
  return openedAt === undefined ? progress : withOpenStages(terms, progress, openedAt);
}

/** The stages that take votes by now, and did not before, are open since `at`. */
function withOpenStages(
  terms: readonly PolicyTerms[],
  progress: readonly StageProgress[],
  at: string,
): StageProgress[] {
  const open = new Map(terms.map((policy) => [policy.name, openStage(policy, progress)?.name]));
  return progress.map((entry) =>
    entry.openedAt === undefined && open.get(entry.policy) === entry.name ? { ...entry, openedAt: at } : entry,
  );
}

export function progressOf(
  policy: Pick<PolicyTerms, 'name'>,
  stage: Pick<Stage, 'name'>,
  progress: readonly StageProgress[],
): StageProgress | undefined {
  return progress.find((entry) => entry.policy === policy.name && entry.name === stage.name);
}

/** The stage of one policy that takes votes now; undefined when all have their quorum. */
export function openStage(policy: PolicyTerms, progress: readonly StageProgress[]): Stage | undefined {
  if (isBroken(policy, progress)) return undefined;
  return policy.terms.stages.find((stage) => (progressOf(policy, stage, progress)?.approved ?? 0) < stage.required);
}

/** Whether the requester has broken the glass of a policy: it counts as satisfied. */
export function isBroken({ name }: Pick<PolicyTerms, 'name'>, progress: readonly StageProgress[]): boolean {
  return progress.some((entry) => entry.policy === name && entry.brokenAt !== undefined);
}

export function allComplete(terms: readonly PolicyTerms[], progress: readonly StageProgress[]): boolean {
  return terms.length > 0 && terms.every((policy) => openStage(policy, progress) === undefined);
}

/** The policies whose open stage lists the voter at `now`. */
export function listedNow(
  terms: readonly PolicyTerms[],
  progress: readonly StageProgress[],
  voter: VoterIdentity,
  now: number,
): PolicyTerms[] {
  return terms.filter((policy) => {
    const stage = openStage(policy, progress);
    return stage !== undefined && isListed(approversAt(stage, progressOf(policy, stage, progress), now), voter);
  });
}

/** Counts one approval in the open stage of each policy that lists the voter there at `now`; undefined when none does. */
export function countApproval(
  terms: readonly PolicyTerms[],
  progress: readonly StageProgress[],
  voter: VoterIdentity,
  now: number,
): StageProgress[] | undefined {
  const counted = listedNow(terms, progress, voter, now).flatMap((policy) => {
    const stage = openStage(policy, progress);
    return stage !== undefined && mayCount(policy, voter) ? [{ policy: policy.name, name: stage.name }] : [];
  });
  if (counted.length === 0) return undefined;
  const next = progress.map((entry) =>
    counted.some((stage) => stage.policy === entry.policy && stage.name === entry.name)
      ? { ...entry, approved: entry.approved + 1 }
      : entry,
  );
  return withOpenStages(terms, next, timestamp(now));
}

/** Whether any stage of any policy, open or not, lists the voter at `now`. */
export function isListedAnywhere(
  terms: readonly PolicyTerms[],
  progress: readonly StageProgress[],
  voter: VoterIdentity,
  now: number,
): boolean {
  return terms.some((policy) =>
    policy.terms.stages.some((stage) => isListed(approversAt(stage, progressOf(policy, stage, progress), now), voter)),
  );
}

/** Whether any stage lists the voter, were it only after its escalation. */
export function isListedEver(terms: readonly PolicyTerms[], voter: VoterIdentity): boolean {
  return terms.some(({ terms: { stages } }) =>
    stages.some(({ approvers, escalateTo }) => isListed([...approvers, ...(escalateTo ?? [])], voter)),
  );
}

/** Who may approve in a stage: from its escalation on, those of escalateTo too. */
function approversAt(stage: Stage, entry: StageProgress | undefined, now: number): readonly Approver[] {
  return now >= Date.parse(entry?.escalatedAt ?? '')
    ? [...stage.approvers, ...(stage.escalateTo ?? [])]
    : stage.approvers;
}

/** `1/2`, one figure a stage: for the APPROVALS column. */
export function approvalsText(progress: readonly StageProgress[]): string {
  return progress
    .map((stage) => (stage.brokenAt === undefined ? `${stage.approved}/${stage.required}` : 'break-glass'))
    .join(', ')
    .slice(0, 253);
}
