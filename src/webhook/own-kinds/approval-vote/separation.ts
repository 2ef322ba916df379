import type { ApprovalVote, UserInfo, VoteDecision } from '../../../core/api/kinds.ts';
import { isStrict, type Separation } from '../../../core/approval/separation.ts';
import { waysToActAs } from '../../../core/approval/ways-to-act-as.ts';
import type { AccessReview } from '../../../ports/access-review.ts';
import type { Approvals } from '../../../ports/approvals.ts';

export interface SeparationPorts {
  readonly approvals: Pick<Approvals, 'get'>;
  readonly accessReview: AccessReview;
}

/** What a policy may refuse to count. Saying no, and taking back, is free to whoever is listed. */
const COUNTED = new Set<VoteDecision>(['Approve', 'Acknowledge']);

interface Asked {
  readonly user: UserInfo;
  /** Further usernames of the same person. Groups that they have are not known. */
  readonly others: readonly string[];
  readonly namespace: string | undefined;
}

/**
 * Whether the voter could act as the requester, asked of the cluster's authorizers as the vote is cast; undefined where no
 * policy of the request wants to know. A vote on a request that has gone, or was replaced, is refused elsewhere.
 *
 * @throws Error where there is no answer: the vote is then refused, not counted
 */
export async function separationOf(
  vote: ApprovalVote,
  { user, others, namespace }: Asked,
  { approvals, accessReview }: SeparationPorts,
  signal: AbortSignal,
): Promise<Separation | undefined> {
  if (!COUNTED.has(vote.spec.decision)) return undefined;
  const request = await approvals.get(namespace ?? '', vote.spec.request, signal);
  if (request === undefined || request.metadata.uid !== vote.spec.requestUID) return undefined;
  const { requester, policies = [] } = request.spec;
  if (requester === undefined || !policies.some(isStrict)) return undefined;
  const users: UserInfo[] = [user, ...others.map((username) => ({ username, groups: [AUTHENTICATED], extra: {} }))];
  const questions = waysToActAs(requester.username).flatMap((way) => users.map((who) => ({ ...way, who })));
  const answers = await Promise.all(
    questions.map(async ({ who, words, subresource = '', namespace: at = '', name = '', ...way }) => {
      const question = { ...way, subresource, namespace: at, name, user: { ...who, uid: who.uid ?? '' } };
      return (await accessReview.allowed(question, signal)) ? [words] : [];
    }),
  );
  const [actsAs] = answers.flat();
  return { checked: true, ...(actsAs === undefined ? {} : { actsAs: actsAs.slice(0, ACTS_AS) }) };
}

const AUTHENTICATED = 'system:authenticated';

/** The CRD's maxLength of spec.separation.actsAs. */
const ACTS_AS = 512;
