import type { RequestStatus, State, Use } from '../../src/core/api/kinds.ts';
import { ENDED, RESERVATION_MS, type Transition } from '../../src/core/approval/approval-state.ts';
import { type Allowance, at, type Happening, type Node, REQUESTER, type Scenario } from './approval-scenario.ts';
import { isApprover, mayBecomeApprover, mayBreak, recount, spoils } from './recount.ts';

/** One step of the model: what was, what happened, and what transition() made of it. */
export interface Edge extends Happening {
  readonly scenario: Scenario;
  readonly before: Node;
  readonly result: Transition;
  /** The status afterwards; the same as before where it was refused. */
  readonly after: RequestStatus;
}

type Rules = Readonly<Record<string, (edge: Edge) => boolean>>;

/** What must hold of every step that is taken, in words. A rule answers whether it is kept. */
export const OF_STEPS: Rules = {
  'what has ended stays ended as it was': ({ before, after, event, result }) => {
    const was = before.status.state;
    if (was === undefined || !ENDED.has(was) || !result.ok) return true;
    const may =
      event.type === 'Tick' ||
      (event.type === 'Use' && was === 'Consumed') ||
      (event.type === 'Vote' && event.vote.decision === 'Acknowledge');
    return (
      may &&
      (['state', 'endedAt', 'expiresAt', 'stages'] as const).every((field) =>
        isSame(before.status[field], after[field]),
      )
    );
  },

  'history only grows: by the vote, the use and the condition of this very step': ({
    before,
    after,
    event,
    result,
  }) => {
    const newVotes = (after.votes ?? []).slice(before.status.votes?.length ?? 0);
    const newUses = (after.uses ?? []).slice(before.status.uses?.length ?? 0);
    return (
      startsWith(after.votes, before.status.votes) &&
      isSame(
        newVotes.map(({ uid }) => uid),
        result.ok && event.type === 'Vote' ? [event.vote.uid] : [],
      ) &&
      startsWith((after.uses ?? []).map(firstOfUse), (before.status.uses ?? []).map(firstOfUse)) &&
      newUses.every((use) => event.type === 'Use' && use.decision === event.use.decision) &&
      (before.status.conditions ?? []).every((condition) =>
        (after.conditions ?? []).some((now) => isSame(now, condition)),
      )
    );
  },

  'the progress of a stage never goes back, and its moments never move': ({ before, after }) =>
    (before.status.stages ?? []).every((was, index) => {
      const is = after.stages?.[index];
      return (
        is !== undefined &&
        is.approved >= was.approved &&
        (['openedAt', 'escalatedAt', 'brokenAt'] as const).every(
          (moment) => was[moment] === undefined || is[moment] === was[moment],
        )
      );
    }),

  'it is approved exactly when the votes, counted anew, have the quorum of every stage in its order': ({
    scenario,
    before,
    after,
    event,
  }) => {
    const { complete, idle } = recount(scenario, after.votes ?? []);
    const approves = before.status.state !== 'Approved' && after.state === 'Approved';
    if (idle > 0 || (approves && !(complete && isStep(event, 'Approve', 'BreakGlass')))) return false;
    return !(complete && (after.state ?? 'Pending') === 'Pending');
  },

  'no person counts twice, and the requester never': ({ after }) => {
    const approvals = (after.votes ?? []).filter(({ decision }) => decision === 'Approve');
    const people = approvals.map(({ person }) => person);
    const others = (after.votes ?? []).filter(({ decision }) => decision !== 'Cancel' && decision !== 'BreakGlass');
    return (
      new Set(people).size === people.length &&
      others.every(({ person, username }) => person !== REQUESTER && username !== REQUESTER)
    );
  },

  'only its requester cancels it or breaks the glass, and only where a policy says so': ({ scenario, after }) =>
    (after.votes ?? []).every(({ decision, person, username }) => {
      if (decision !== 'Cancel' && decision !== 'BreakGlass') return true;
      const actor = scenario.actors.find((each) => each.username === username);
      const may =
        decision === 'Cancel' || (actor !== undefined && scenario.terms.some((policy) => mayBreak(policy, actor)));
      return person === REQUESTER && may;
    }),

  'who is no approver decides nothing': ({ scenario, after }) =>
    (after.votes ?? []).every(({ decision, username }) => {
      const actor = scenario.actors.find((each) => each.username === username);
      return (
        decision === 'Cancel' ||
        decision === 'BreakGlass' ||
        (actor !== undefined && mayBecomeApprover(scenario, actor))
      );
    }),

  'a use comes after an approval, in its time, and never once too often': ({
    scenario,
    before,
    after,
    event,
    now,
    result,
  }) => {
    if (event.type !== 'Use' || !result.ok) return true;
    const uses = before.status.uses ?? [];
    if ((after.uses ?? []).length === uses.length)
      return uses.some((use) => isRepeat(use, event.use, now)) && event.use.repeatable;
    const { maxUses } = allowance(scenario, before.status);
    return before.status.state === 'Approved' && now < deadline(scenario, before.status) && uses.length + 1 <= maxUses;
  },

  'it is used up exactly when its last use is used': ({ scenario, after }) =>
    (after.state === 'Consumed') === ((after.uses ?? []).length === allowance(scenario, after).maxUses),

  'what was denied was never approved, nor used': ({ after }) =>
    after.state !== 'Denied' || (!conditionsOf(after).includes('Approved') && (after.uses ?? []).length === 0),

  'after its time it ends, and nothing else happens to it': ({ scenario, before, after, event, now, result }) => {
    if (ENDED.has(before.status.state ?? 'Pending') || now < deadline(scenario, before.status)) return true;
    if (event.type === 'Tick') return after.state === 'Expired';
    return event.type === 'PolicyChanged' || isStep(event, 'Acknowledge') || !result.ok;
  },

  'before its time it does not end by itself': ({ scenario, before, after, event, now }) =>
    event.type !== 'Tick' ||
    now >= deadline(scenario, before.status) ||
    (before.status.state ?? 'Pending') === after.state,

  'it has one end, and says when and why': ({ after }) => {
    const state: State = after.state ?? 'Pending';
    const ends = conditionsOf(after).filter((type) => ENDED.has(type as State));
    return isSame(ends, ENDED.has(state) ? [state] : []) && (after.endedAt !== undefined) === ENDED.has(state);
  },

  'a broken glass is looked at by somebody else': ({ after }) => {
    const broken = (after.votes ?? []).some(({ decision }) => decision === 'BreakGlass');
    const acknowledged = (after.votes ?? []).some(({ decision }) => decision === 'Acknowledge');
    const conditions = conditionsOf(after);
    return (
      conditions.includes('BreakGlass') === broken &&
      conditions.includes('Acknowledged') === acknowledged &&
      (broken || !acknowledged)
    );
  },
};

/** What must not be refused, nor let through as something else: these hold of what is refused too. */
export const OF_ALL: Rules = {
  'the first denial of an approver ends it, whatever else there is': ({ scenario, before, after, event, now }) => {
    if (!isStep(event, 'Deny', 'Revoke') || event.type !== 'Vote' || !isOpen(scenario, before.status, now)) return true;
    const { vote } = event;
    const actor = scenario.actors.find(({ username }) => username === vote.username);
    if (actor === undefined || !isApprover(scenario, actor) || actor.person === REQUESTER) return true;
    const approved = before.status.state === 'Approved';
    const voted = (before.status.votes ?? []).some(
      ({ decision, person }) => decision !== 'Acknowledge' && person === vote.person,
    );
    if (vote.decision === 'Deny' && voted && !approved) return true;
    return after.state === (approved || vote.decision === 'Revoke' ? 'Revoked' : 'Denied');
  },

  'its requester can take it back while it is open': ({ scenario, before, after, event, now }) =>
    !(
      event.type === 'Vote' &&
      event.vote.decision === 'Cancel' &&
      event.vote.person === REQUESTER &&
      isOpen(scenario, before.status, now)
    ) || after.state === 'Cancelled',

  'a vote that would count does count, unless a later stage could then never be complete': ({
    scenario,
    before,
    event,
    now,
    result,
  }) => {
    if (event.type !== 'Vote' || event.vote.decision !== 'Approve' || !isOpen(scenario, before.status, now))
      return true;
    const votes = before.status.votes ?? [];
    const { vote } = event;
    const votedOrExcluded =
      vote.person === REQUESTER ||
      votes.some(({ person, decision }) => decision !== 'Acknowledge' && person === vote.person);
    if (votedOrExcluded || before.status.state === 'Approved') return !result.ok;
    const cast = { ...vote, at: new Date(now).toISOString() };
    const counts = recount(scenario, [...votes, cast]).idle === 0;
    return result.ok === (counts && !spoils(scenario, votes, cast));
  },

  'a changed policy revokes whatever is open': ({ before, after, event }) =>
    event.type !== 'PolicyChanged' || ENDED.has(before.status.state ?? 'Pending') || after.state === 'Revoked',

  'the first use in time of what is approved is let through': ({ scenario, before, event, now, result }) =>
    !(event.type === 'Use' && before.status.state === 'Approved' && now < deadline(scenario, before.status)) ||
    result.ok,
};

/** When an open request ends by itself, in milliseconds: told from its votes and uses, not from what it says of itself. */
function deadline(scenario: Scenario, status: RequestStatus): number {
  if (status.state !== 'Approved') return at(scenario.timeout);
  const { useWithin, window } = allowance(scenario, status);
  const seconds = (status.uses ?? []).length === 0 ? useWithin : window;
  return approvedAt(status) + seconds * 1000;
}

function approvedAt(status: RequestStatus): number {
  const last = (status.votes ?? []).findLast(({ decision }) => decision === 'Approve' || decision === 'BreakGlass');
  return Date.parse(last?.at ?? '');
}

function allowance(scenario: Scenario, status: RequestStatus): Allowance {
  const broken = (status.votes ?? []).some(({ decision }) => decision === 'BreakGlass');
  return broken ? scenario.broken : scenario.approved;
}

function isOpen(scenario: Scenario, status: RequestStatus, now: number): boolean {
  return !ENDED.has(status.state ?? 'Pending') && now < deadline(scenario, status);
}

function isStep(event: Happening['event'], ...decisions: readonly string[]): boolean {
  return event.type === 'Vote' && decisions.includes(event.vote.decision);
}

function isRepeat(use: Use, again: Pick<Use, 'username' | 'credential' | 'targetUID'>, now: number): boolean {
  return (
    use.username === again.username &&
    use.credential === again.credential &&
    use.targetUID === again.targetUID &&
    now - Date.parse(use.at) < RESERVATION_MS
  );
}

function firstOfUse({
  repeats: _repeats,
  repeatedAt: _repeatedAt,
  ...first
}: Use): Omit<Use, 'repeats' | 'repeatedAt'> {
  return first;
}

function conditionsOf({ conditions = [] }: RequestStatus): string[] {
  return conditions.filter(({ status }) => status === 'True').map(({ type }) => type);
}

function startsWith(list: readonly unknown[] = [], start: readonly unknown[] = []): boolean {
  return isSame(list.slice(0, start.length), start);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
