import type { ApprovalRequest, ApprovalVote, VoteDecision } from '../core/api/kinds.ts';
import { buildVote } from '../core/approval/act.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import { KubeApiError, isApiError } from '../platform/kube/errors.ts';
import { type CountWait, COUNT_WAIT, awaitCount } from './await-count.ts';
import { refused, usageError } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { expectedVoteName } from './expected-vote-name.ts';
import { type Output, printObject } from './output.ts';
import { outcomeText } from './outcome-text.ts';
import { relativeTime } from './relative-time.ts';
import { requestReference } from './request-reference.ts';
import { createVote, getRequest, getVote } from './requests.ts';
import { keyOf, shortSummary } from './show-page.ts';
import { whoAmI } from './whoami.ts';

export interface VoteOptions {
  readonly output: Output | undefined;
  readonly reason?: string | undefined;
  /** How long to wait until the controller has counted the vote. */
  readonly wait?: CountWait;
}

/** Looks at the request that is shown before the vote; throws where there must be none. */
export type BeforeVote = (request: ApprovalRequest) => Promise<void>;

/**
 * One act on a request as it is now: read, show, ask, vote, wait until it counts. The vote names the uid and the digest
 * of what was shown (R20), so that a request that changed in between is never voted on.
 */
export async function castVote(
  context: VerbContext,
  name: string,
  decision: VoteDecision,
  options: VoteOptions,
  before: BeforeVote = async () => {},
): Promise<void> {
  const { client, clock, streams } = context;
  const { output } = options;
  if (output === 'wide') throw usageError('-o wide is for list');
  const request = await getRequest(client, requestReference(name, context));
  streams.stderr(shortSummary(request, clock.now(), decision));
  if (decision !== 'Acknowledge' && ENDED.has(stateOf(request)))
    throw refused(`too late: ${outcomeText(request, clock.now())}`);
  if (request.spec.digest === undefined) {
    throw refused(`${keyOf(request)} cannot be voted on: Sallyport has not stamped it`);
  }
  await before(request);
  const person = await whoAmI(client);
  const vote = await post(context, buildVote(request, person, decision, options.reason), person);
  if (output !== undefined) printObject(streams, vote, output);
  await report(context, request, vote, options);
}

async function report(
  context: VerbContext,
  request: ApprovalRequest,
  vote: ApprovalVote,
  { output, wait = COUNT_WAIT }: VoteOptions,
): Promise<void> {
  const { clock, streams } = context;
  const say = (text: string): void => {
    if (output === undefined) streams.stdout(`${text}\n`);
    else streams.stderr(`${text}\n`);
  };
  const counted = await awaitCount(context, vote, wait);
  switch (counted.type) {
    case 'Counted':
      say(outcomeText(counted.request, clock.now()));
      return;
    case 'TooLate':
      throw refused(`your vote came too late: ${outcomeText(counted.request, clock.now())}`);
    case 'NotYet':
      throw refused(
        `your vote is recorded, but Sallyport has not counted it within ${wait.totalMs / 1000} s`,
        `it may do so later; see: kubectl sallyport show ${keyOf(request)}`,
      );
  }
}

/** @param mayRename whether the webhook may still say that the people map knows the voter by another name */
async function post(context: VerbContext, vote: ApprovalVote, person: string, mayRename = true): Promise<ApprovalVote> {
  try {
    return unchanged(vote, await createVote(context.client, vote));
  } catch (error) {
    const name = error instanceof KubeApiError ? expectedVoteName(error, vote) : undefined;
    if (name !== undefined && mayRename)
      return await post(context, { ...vote, metadata: { ...vote.metadata, name } }, person, false);
    if (isApiError(error, 409) && error.reason === 'AlreadyExists') {
      throw refused(await alreadyVoted(context, vote, person), undefined);
    }
    // A webhook's words go on as they are: they say what to do.
    if (error instanceof KubeApiError) throw refused(`the vote was refused: ${error.message}`);
    throw error;
  }
}

/** Mutating admission of somebody else's may say another thing than the voter did (k8s-peers row 27). */
function unchanged(sent: ApprovalVote, stored: ApprovalVote): ApprovalVote {
  const { request, requestUID, digest, decision } = sent.spec;
  const same =
    stored.spec.request === request &&
    stored.spec.requestUID === requestUID &&
    stored.spec.digest === digest &&
    stored.spec.decision === decision;
  if (same) return stored;
  const key = `${sent.metadata.namespace ?? ''}/${stored.spec.request}`;
  throw refused(
    `your vote was changed on its way: you said ${decision}, what is stored says ${stored.spec.decision}`,
    `a mutating webhook or admission policy of the cluster rewrote it; take it back: kubectl sallyport revoke ${key}`,
  );
}

/** The name of a vote is made of the request's uid, the person and the act: who has it has done it. */
async function alreadyVoted({ client, clock }: VerbContext, vote: ApprovalVote, person: string): Promise<string> {
  const { namespace = '', name } = vote.metadata;
  const request = `${namespace}/${vote.spec.request}`;
  try {
    const earlier = await getVote(client, namespace, name);
    const when = relativeTime(earlier.metadata.creationTimestamp, clock.now());
    return `${person} voted on ${request} already: ${earlier.spec.decision}, ${when}`;
  } catch {
    // Whoever may create votes may not always read them.
    return `${person} voted on ${request} already`;
  }
}
