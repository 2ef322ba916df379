import type { Approver, CountedVote, PolicyTerms, Stage } from '../../src/core/api/kinds.ts';
import { type Actor, at, REQUESTER, type Scenario } from './approval-scenario.ts';

/** What the votes of a request come to, counted anew and without looking at how the request was kept. */
export interface Recount {
  readonly complete: boolean;
  /** Approvals that counted in no stage. */
  readonly idle: number;
}

interface Progress {
  stage: number;
  approved: number;
  openedAt: number;
  broken: boolean;
}

export function recount(scenario: Scenario, votes: readonly CountedVote[]): Recount {
  const { progress, idle } = progressBy(scenario, votes);
  return { complete: [...progress].every(([policy, entry]) => isDone(policy, entry)), idle };
}

/** Whether a vote makes a stage impossible that was possible: fewer of those whom it names are left than it still needs. */
export function spoils(scenario: Scenario, votes: readonly CountedVote[], vote: CountedVote): boolean {
  const before = hopeless(scenario, votes);
  return [...hopeless(scenario, [...votes, vote])].some((stage) => !before.has(stage));
}

/** The stages of nobody but named people that can never be complete any more. */
function hopeless(scenario: Scenario, votes: readonly CountedVote[]): ReadonlySet<Stage> {
  const gone = [REQUESTER, ...votes.filter(({ decision }) => decision !== 'Acknowledge').map(({ person }) => person)];
  const lost = [...progressBy(scenario, votes).progress].flatMap(([{ terms }, entry]) =>
    terms.stages.filter((stage, index) => {
      const asked = [...stage.approvers, ...(stage.escalateTo ?? [])];
      if (entry.broken || index < entry.stage || asked.some(({ kind }) => kind !== 'User')) return false;
      const left = new Set(asked.map(({ name }) => name).filter((name) => !gone.includes(name)));
      return left.size < stage.required - (index === entry.stage ? entry.approved : 0);
    }),
  );
  return new Set(lost);
}

function progressBy(scenario: Scenario, votes: readonly CountedVote[]) {
  const progress = new Map<PolicyTerms, Progress>(
    scenario.terms.map((policy) => [policy, { stage: 0, approved: 0, openedAt: at(0), broken: false }]),
  );
  let idle = 0;
  for (const vote of votes) {
    const actor = scenario.actors.find(({ username }) => username === vote.username);
    if (actor === undefined) throw new Error(`a vote of ${vote.username}, who is not there`);
    if (vote.decision === 'BreakGlass') {
      for (const [policy, entry] of progress) entry.broken ||= mayBreak(policy, actor);
    } else if (vote.decision === 'Approve') {
      const counted = [...progress].filter(([policy, entry]) => count(scenario, policy, entry, actor, vote));
      if (counted.length === 0) idle += 1;
    }
  }
  return { progress, idle };
}

function count(scenario: Scenario, policy: PolicyTerms, entry: Progress, actor: Actor, vote: CountedVote): boolean {
  const stage = policy.terms.stages[entry.stage];
  if (stage === undefined || entry.broken) return false;
  const cast = Date.parse(vote.at);
  const escalates = entry.openedAt + (stage.escalateAfterSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  const escalated = cast >= escalates && escalates < at(scenario.timeout);
  if (!names(stage.approvers, actor) && !(escalated && names(stage.escalateTo ?? [], actor))) return false;
  entry.approved += 1;
  if (entry.approved < stage.required) return true;
  entry.stage += 1;
  entry.approved = 0;
  entry.openedAt = cast;
  return true;
}

function isDone(policy: PolicyTerms, { stage, broken }: Progress): boolean {
  return broken || stage === policy.terms.stages.length;
}

/** Whether somebody may say no from the first moment on. */
export function isApprover({ terms }: Scenario, actor: Actor): boolean {
  return terms.some((policy) => policy.terms.stages.some(({ approvers }) => names(approvers, actor)));
}

/** Whether somebody may ever say no. */
export function mayBecomeApprover({ terms }: Scenario, actor: Actor): boolean {
  return terms.some((policy) =>
    policy.terms.stages.some(({ approvers, escalateTo = [] }) => names(approvers, actor) || names(escalateTo, actor)),
  );
}

export function mayBreak(policy: PolicyTerms, actor: Actor): boolean {
  return names(policy.terms.breakGlass?.subjects ?? [], actor);
}

function names(list: readonly Pick<Approver, 'kind' | 'name'>[], { username, person, groups }: Actor): boolean {
  return list.some(({ kind, name }) => (kind === 'User' ? [username, person].includes(name) : groups.includes(name)));
}
