import { CREATED_AT } from '../builders/approval-request.ts';
import type { PolicyTerms, RequestStatus, VoteDecision } from '../../src/core/api/kinds.ts';
import {
  type ApprovalEvent,
  type ApprovalState,
  type CastUse,
  type CastVote,
  ENDED,
} from '../../src/core/approval/approval-state.ts';

/** Who may do what in a scenario. One person may have several usernames. */
export interface Actor {
  readonly person: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly acts: readonly VoteDecision[];
}

/** What an approval is good for, written down by hand: seconds from the approval. */
export interface Allowance {
  readonly useWithin: number;
  readonly window: number;
  readonly maxUses: number;
}

export interface Scenario {
  readonly terms: readonly PolicyTerms[];
  readonly actors: readonly Actor[];
  readonly uses: readonly CastUse[];
  /** Seconds after the request was opened at which things happen: the boundaries, and between them. */
  readonly moments: readonly number[];
  readonly timeout: number;
  readonly approved: Allowance;
  /** After the glass was broken. */
  readonly broken: Allowance;
}

/** A request, and how late it is. */
export interface Node {
  readonly status: RequestStatus;
  /** Index of the scenario's moments. */
  readonly clock: number;
}

export const REQUESTER = 'alice';

export function stateOf(scenario: Scenario, status: RequestStatus): ApprovalState {
  return { terms: scenario.terms, excluded: [REQUESTER], requester: REQUESTER, createdAt: CREATED_AT, status };
}

/** A moment of a scenario, in milliseconds since the epoch. */
export function at(seconds: number): number {
  return CREATED_AT + seconds * 1000;
}

export interface Happening {
  readonly event: ApprovalEvent;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly label: string;
}

/**
 * Everything that may happen next. A vote counts by the moment at which it was cast, which may lie back: the watch that
 * brings it is late, or a look at it that came too early did not count it. So each may come at each moment up to now.
 */
export function* happenings(scenario: Scenario, { status, clock }: Node): Generator<Happening> {
  const seconds = scenario.moments[clock] ?? 0;
  const now = at(seconds);
  yield { event: { type: 'Tick' }, now, label: `${seconds} s: time has passed` };
  for (const { name } of scenario.terms)
    yield { event: { type: 'PolicyChanged', policy: name }, now, label: `${seconds} s: policy ${name} changed` };
  // The same write is reviewed again once in the model: a second time is no different.
  const repeated = (status.uses ?? []).some(({ repeats = 0 }) => repeats >= 1);
  for (const use of repeated ? scenario.uses.filter(({ repeatable }) => !repeatable) : scenario.uses)
    yield {
      event: { type: 'Use', use },
      now,
      label: `${seconds} s: used by ${use.username} with ${use.credential}${use.repeatable ? ', a write' : ''}`,
    };
  // What comes too late is refused whenever it was cast.
  const ended = ENDED.has(status.state ?? 'Pending');
  const counted = new Set((status.votes ?? []).map(({ uid }) => uid));
  for (const actor of scenario.actors) {
    for (const decision of actor.acts) {
      const vote = castBy(actor, decision);
      if (counted.has(vote.uid)) continue;
      for (const cast of scenario.moments.slice(ended ? clock : 0, clock + 1))
        yield { event: { type: 'Vote', vote }, now: at(cast), label: `${seconds} s: ${vote.uid} cast at ${cast} s` };
    }
  }
}

function castBy({ person, username, groups }: Actor, decision: VoteDecision): CastVote {
  const uid = `${decision} of ${username}`;
  return { uid, name: uid, person, username, groups, decision, via: 'Kubernetes', reason: 'INC-1' };
}
