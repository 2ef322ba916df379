import type { ApprovalVote } from '../../../core/api/kinds.ts';
import { voteName } from '../../../core/approval/act.ts';
import { approvalState, type Refusal } from '../../../core/approval/approval-state.ts';
import { castOf, foldVotes } from '../../../core/approval/fold-votes.ts';
import { isGenuine, type Seals } from '../../../core/approval/seal.ts';
import { transition } from '../../../core/approval/transition.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import { CREDENTIAL_ID, hasCredentialId } from '../../../core/attributes/credential-id.ts';
import { stringAt, valueAt } from '../../../core/attributes/json.ts';
import { PEOPLE_UNKNOWN } from '../../../core/decision/people-unknown.ts';
import type { DecisionSettings } from '../../../core/decision/settings.ts';
import type { Approvals } from '../../../ports/approvals.ts';
import type { Clock } from '../../../ports/clock.ts';
import { ALLOWED, forbidden, type ReviewAnswer } from '../../review-answer.ts';
import { same } from '../approval-request/stamp.ts';
import { holds, type Identities, isCollector } from '../identities.ts';
import { ownerOf } from './mutate.ts';
import { asKnownNow, votedByAnotherName, votedByToken } from './known-now.ts';
import { findVoter } from './voter.ts';

export interface VotePorts {
  readonly approvals: Pick<Approvals, 'get'>;
  /** The votes on a request that are known already. */
  readonly votes: (requestUID: string) => readonly ApprovalVote[];
  readonly clock: Clock;
  readonly settings: DecisionSettings;
}

/** R20, R21, R24: a vote that would not count is refused, with the reason, while its voter is still there to read it. */
export async function validateApprovalVote(
  attributes: Attributes,
  ports: VotePorts,
  identities: Identities,
  signal: AbortSignal,
): Promise<ReviewAnswer> {
  const { user } = attributes;
  switch (attributes.operation) {
    case 'DELETE':
      return holds(identities.retention, user, identities) || isCollector(user, identities)
        ? ALLOWED
        : forbidden('an ApprovalVote is evidence and is not deleted by hand');
    case 'UPDATE': {
      const unchanged = same(
        valueAt(attributes.object ?? undefined, 'spec'),
        valueAt(attributes.oldObject ?? undefined, 'spec'),
      );
      return unchanged && isCollector(user, identities) ? ALLOWED : forbidden('an ApprovalVote is never changed');
    }
    case 'CREATE':
      if (identities.impersonationShows === true && !hasCredentialId(attributes.user)) return forbidden(IMPERSONATED);
      return await validateCast(attributes, ports, identities, signal);
    case 'CONNECT':
      return forbidden('there is nothing to connect to');
  }
}

const IMPERSONATED = `a vote is cast by whoever it is of: the API server gave no ${CREDENTIAL_ID}, so this user is impersonated, or logged in by a way that gives none (identities.impersonation in Sallyport's configuration)`;

async function validateCast(
  attributes: Attributes,
  ports: VotePorts,
  identities: Identities,
  signal: AbortSignal,
): Promise<ReviewAnswer> {
  const vote = attributes.object as unknown as ApprovalVote;
  const { spec } = vote;
  const people = ports.settings.people();
  const found = findVoter(attributes.user, spec, people, identities);
  if (!found.ok || people === undefined) return forbidden(found.ok ? PEOPLE_UNKNOWN : found.problem);
  const { voter, via, assurance } = found.stamps;
  if (!same({ ...spec, voter, via, assurance }, spec)) return forbidden('the vote is not stamped with who casts it');
  const { seals } = ports.settings;
  if (!isSealedVote(vote, attributes, seals))
    return forbidden('the vote does not bear our seal; leave spec.seal out, it is written for you');
  if (!same(valueAt(attributes.object ?? undefined, 'metadata', 'ownerReferences'), ownerOf(vote)))
    return forbidden('metadata.ownerReferences is not for you to set');
  if (valueAt(attributes.object ?? undefined, 'metadata', 'finalizers') !== undefined)
    return forbidden('metadata.finalizers is not for you to set');

  const request = await ports.approvals.get(attributes.namespace ?? '', spec.request, signal);
  if (request === undefined)
    return forbidden(`there is no ApprovalRequest ${attributes.namespace ?? ''}/${spec.request}`);
  if (!isGenuine(request, seals))
    return forbidden('the request was not written by Sallyport as it stands (no true seal); ask for it anew');
  if (request.metadata.uid !== spec.requestUID)
    return forbidden('the request was replaced since you looked at it (another uid); look again');
  if (request.spec.digest !== spec.digest)
    return forbidden('the request is not the one that you looked at (another digest); look again');

  const expected = voteName({ name: spec.request, uid: spec.requestUID }, voter.person ?? '', spec.decision);
  const name = stringAt(attributes.object ?? undefined, 'metadata', 'name');
  // The review has the name under which it was sent, whatever mutating admission made of the object.
  if (name !== expected || attributes.name !== expected)
    return forbidden(
      `your vote must be named ${expected}; kubectl sallyport approve and deny do that for you [sallyport code=VoteName name=${expected}]`,
    );

  const now = ports.clock.now();
  const known = ports.votes(spec.requestUID);
  const status = foldVotes(request, known, now);
  const cast = castOf({ ...vote, metadata: { ...vote.metadata, uid: vote.metadata.uid ?? '' } });
  if (cast === undefined) return forbidden('the vote is not stamped with who casts it');
  // A denial that crosses the approval counts as a revocation; who can see the approval says what they mean.
  if (spec.decision === 'Deny' && status.state === 'Approved')
    return forbidden('it is approved already; revoke it instead');
  const refuse = (code: Refusal, message: string) =>
    forbidden(`${message} [sallyport code=${code} request=${attributes.namespace ?? ''}/${spec.request}]`);
  // Who may be somebody else takes back what they asked for by that very name, and nothing of the person's.
  const isContested = spec.onBehalfOf === undefined && people.ofUsername(voter.username).contested === true;
  if (isContested && request.spec.requester?.username !== voter.username)
    return refuse('NotTheRequester', 'only its requester may cancel it');
  if (votedByAnotherName(status.votes, cast, people) || votedByToken(status.votes, known, cast))
    return refuse('AlreadyVoted', `${cast.person} has voted already, by another name`);
  const state = { ...asKnownNow(approvalState(request), request, people, cast), status };
  const result = transition(state, { type: 'Vote', vote: cast }, castAt(vote, now));
  return result.ok ? ALLOWED : refuse(result.refusal, result.message);
}

/** The vote is counted by the time that the API server has given it, in seconds: what comes a moment later is not then. */
function castAt({ metadata }: ApprovalVote, now: number): number {
  const at = Date.parse(metadata.creationTimestamp ?? '');
  return Number.isNaN(at) ? now : Math.min(at, now);
}

function isSealedVote(vote: ApprovalVote, { namespace = '', name = '', dryRun }: Attributes, seals: Seals): boolean {
  if (dryRun) return vote.spec.seal === undefined;
  return seals.isVote({ ...vote, metadata: { ...vote.metadata, namespace, name } });
}
