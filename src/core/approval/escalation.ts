import type { Condition, PolicyTerms, RequestStatus, StageProgress } from '../api/kinds.ts';
import { timestamp } from './approval-state.ts';
import { withCondition } from './conditions.ts';
import { approverName } from './person.ts';
import { openStage, progressOf } from './stages.ts';

/** A stage that takes votes and has an escalation before it. `at`: milliseconds since the epoch. */
interface Escalation {
  readonly entry: StageProgress;
  readonly at: number;
}

/**
 * Marks the open stages whose escalation has come by `now`. What is written is the moment of the escalation and not
 * `now`, so that a vote counts by its own time alone, whether or not anybody looked in between.
 */
export function escalateIfDue(terms: readonly PolicyTerms[], status: RequestStatus, now: number): RequestStatus {
  const due = upcoming(terms, status).filter(({ at }) => at <= now);
  const first = due[0];
  if (first === undefined) return status;
  const stages = (status.stages ?? []).map((entry) => {
    const escalation = due.find((each) => each.entry === entry);
    return escalation === undefined ? entry : { ...entry, escalatedAt: timestamp(escalation.at) };
  });
  const conditions = withEscalated(terms, status, first);
  return { ...status, stages, ...(conditions === undefined ? {} : { conditions }) };
}

/** When the next stage escalates, in milliseconds since the epoch; undefined where none will. */
export function nextEscalation(terms: readonly PolicyTerms[], status: RequestStatus): number | undefined {
  return upcoming(terms, status)
    .map(({ at }) => at)
    .sort((a, b) => a - b)[0];
}

/** `stage oncall of policy prod was not approved in time; group leads may approve too`. */
export function escalationText(terms: readonly PolicyTerms[], entry: Pick<StageProgress, 'policy' | 'name'>): string {
  const policy = terms.find(({ name }) => name === entry.policy);
  const stage = policy?.terms.stages.find(({ name }) => name === entry.name);
  const to = (stage?.escalateTo ?? []).map(approverName).join(', ');
  return `stage ${entry.name} of policy ${entry.policy} was not approved in time; ${to} may approve too`;
}

function upcoming(terms: readonly PolicyTerms[], status: RequestStatus): Escalation[] {
  if (status.state !== 'Pending') return [];
  return terms.flatMap((policy) => {
    const stage = openStage(policy, status.stages ?? []);
    const entry = stage === undefined ? undefined : progressOf(policy, stage, status.stages ?? []);
    if (stage?.escalateAfterSeconds === undefined || entry?.openedAt === undefined) return [];
    if (entry.escalatedAt !== undefined) return [];
    const at = Date.parse(entry.openedAt) + stage.escalateAfterSeconds * 1000;
    return at < Date.parse(status.expiresAt ?? '') ? [{ entry, at }] : [];
  });
}

/** A condition that is True stays as it is: it tells of the first escalation, status.stages of all. */
function withEscalated(
  terms: readonly PolicyTerms[],
  status: RequestStatus,
  { entry, at }: Escalation,
): Condition[] | undefined {
  if (status.conditions?.some(({ type }) => type === 'Escalated') === true) return status.conditions;
  return withCondition(
    status.conditions,
    { type: 'Escalated', status: 'True', reason: 'NotApprovedInTime', message: escalationText(terms, entry) },
    at,
  );
}
