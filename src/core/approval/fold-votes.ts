import type { ApprovalRequest, ApprovalVote, CountedVote, RequestStatus } from '../api/kinds.ts';
import { type CastVote, type Refusal, approvalState } from './approval-state.ts';
import { transition } from './transition.ts';

/**
 * The status after the votes that are not counted yet, in R24's order, and after the time that has passed. Votes that do
 * not name this request's uid and digest as shown to the voter are never counted (R20).
 *
 * @param countedBefore the votes of a status that is recounted: their order is the one in which they arrived then, which
 * seconds and the clocks of several API servers do not tell again
 */
export function foldVotes(
  request: ApprovalRequest,
  votes: readonly ApprovalVote[],
  now: number,
  countedBefore: readonly CountedVote[] = [],
): RequestStatus {
  const state = approvalState(request);
  let { status } = state;
  const known = new Set((status.votes ?? []).map((vote) => vote.uid));
  const places = new Map(countedBefore.map(({ uid }, index) => [uid, index]));
  const place = (vote: ApprovalVote) => places.get(vote.metadata.uid ?? '') ?? places.size;
  const fresh = votes
    .filter((vote) => belongsTo(vote, request) && !known.has(vote.metadata.uid ?? ''))
    .sort((a, b) => place(a) - place(b) || inOrder(a, b));
  // A vote may stand before the one that opens its stage: both in one second, or seen in another order by another replica.
  // It is tried again as long as others count, so that counting all at once comes to what counting one by one came to.
  for (let waiting = fresh; waiting.length > 0; ) {
    const early: ApprovalVote[] = [];
    for (const vote of waiting) {
      const cast = castOf(vote);
      if (cast === undefined) continue;
      const result = transition({ ...state, status }, { type: 'Vote', vote: cast }, createdAt(vote));
      if (result.ok) status = result.status;
      else if (EARLY.has(result.refusal)) early.push(vote);
    }
    if (early.length === waiting.length) break;
    waiting = early;
  }
  const ticked = transition({ ...state, status }, { type: 'Tick' }, now);
  return ticked.ok ? ticked.status : status;
}

/** What says that the vote may count yet, in a stage that others open. */
const EARLY: ReadonlySet<Refusal> = new Set(['StageNotOpen', 'NeededLater']);

function belongsTo(vote: ApprovalVote, request: ApprovalRequest): boolean {
  return (
    vote.metadata.namespace === request.metadata.namespace &&
    vote.spec.request === request.metadata.name &&
    vote.spec.requestUID === request.metadata.uid &&
    vote.spec.digest === request.spec.digest
  );
}

/** A vote as a transition takes it; undefined where its stamps are missing. */
export function castOf(vote: ApprovalVote): CastVote | undefined {
  const { voter, via, assurance, decision, reason, separation } = vote.spec;
  if (voter === undefined || via === undefined || vote.metadata.uid === undefined) return undefined;
  return {
    uid: vote.metadata.uid,
    name: vote.metadata.name ?? '',
    username: voter.username,
    groups: voter.groups ?? [],
    person: voter.person ?? voter.username,
    decision,
    via,
    ...aliasOf(vote),
    ...(assurance === undefined ? {} : { assurance }),
    ...(voter.slackGroups === undefined ? {} : { slackGroups: voter.slackGroups }),
    ...(separation === undefined ? {} : { separation }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** What the ID token says that the map does not must not make a second person of its owner. */
function aliasOf({ spec: { onBehalfOf, voter } }: ApprovalVote): Pick<CastVote, 'alias'> {
  return onBehalfOf?.kind === 'OIDC' && onBehalfOf.id !== voter?.username ? { alias: onBehalfOf.id } : {};
}

function inOrder(a: ApprovalVote, b: ApprovalVote): number {
  if (createdAt(a) !== createdAt(b)) return createdAt(a) < createdAt(b) ? -1 : 1;
  const byDecision = rank(a) - rank(b);
  if (byDecision !== 0) return byDecision;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

/** Of two votes in the same second the one that says no comes first, and what looks back on others last. */
function rank({ spec: { decision } }: ApprovalVote): number {
  if (decision === 'Acknowledge') return 2;
  return decision === 'Approve' || decision === 'BreakGlass' ? 1 : 0;
}

/** A vote without a readable time comes too late. */
function createdAt(vote: ApprovalVote): number {
  const at = Date.parse(vote.metadata.creationTimestamp ?? '');
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}
