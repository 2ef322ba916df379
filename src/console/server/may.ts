import type { VoteDecision } from '../../core/api/kinds.ts';
import type { ChannelPerson } from '../../core/people/people.ts';
import type { CastVote } from '../../core/approval/approval-state.ts';
import { transition } from '../../core/approval/transition.ts';
import { DECISIONS, type May } from '../api.ts';
import type { Folded } from './folded-requests.ts';
import type { Viewer } from './viewer.ts';

/** What is missing for a vote of nobody. */
export const NO_ENTRY: May = {
  ok: false,
  code: 'NoEntry',
  message: 'nobody has entered you in the people map of Sallyport, so you cannot vote here',
};

export const MAP_AWAY: May = {
  ok: false,
  code: 'Unavailable',
  message: 'the people map cannot be read now, so nobody can vote here',
};

const REVOKE_INSTEAD: May = { ok: false, code: 'NotPending', message: 'it is approved already; revoke it instead' };

/** Whether this vote would count now, as the webhook will judge it. It judges again, and alone decides. */
export function may(folded: Folded, viewer: Viewer, decision: VoteDecision, now: number): May {
  switch (viewer.voter.kind) {
    case 'NoEntry':
      return NO_ENTRY;
    case 'MapAway':
      return MAP_AWAY;
    case 'Person':
      return mayAs(folded, viewer, viewer.voter.who, decision, now);
  }
}

/** The same for somebody who is known, or was. */
export function mayAs(
  { status, state }: Folded,
  { claim }: Pick<Viewer, 'claim'>,
  who: ChannelPerson,
  decision: VoteDecision,
  now: number,
): May {
  if (decision === 'Deny' && status.state === 'Approved') return REVOKE_INSTEAD;
  const { username, groups, person } = who;
  const vote: CastVote = {
    uid: '',
    name: '',
    username,
    groups,
    person,
    ...(claim.id === username ? {} : { alias: claim.id }),
    decision,
    via: 'Console',
    assurance: 'Console',
    // Asked as the vote is cast: until then nothing speaks against them.
    separation: { checked: true },
  };
  const result = transition(state, { type: 'Vote', vote }, now);
  if (result.ok) return { ok: true };
  // The reason of a break-glass is given with it.
  if (decision === 'BreakGlass' && result.refusal === 'ReasonRequired') return { ok: true };
  return { ok: false, code: result.refusal, message: result.message };
}

export function mayEach(folded: Folded, viewer: Viewer, now: number): Readonly<Record<VoteDecision, May>> {
  const entries = DECISIONS.map((decision) => [decision, may(folded, viewer, decision, now)] as const);
  return Object.fromEntries(entries) as Record<VoteDecision, May>;
}
