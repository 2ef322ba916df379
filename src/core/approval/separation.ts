import type { ApprovalVote, PolicyTerms } from '../api/kinds.ts';
import type { VoterIdentity } from './person.ts';

/** What was found when the vote was cast. */
export type Separation = NonNullable<ApprovalVote['spec']['separation']>;

/** Whether somebody asks that a voter cannot act as the requester. */
export function isStrict({ terms }: PolicyTerms): boolean {
  return terms.separation === 'Strict';
}

/**
 * Whether the policy counts this voter at all. A strict one counts only who was found to have no way to act as the
 * requester: a vote of which nobody asked does not count.
 */
export function mayCount(policy: PolicyTerms, { separation }: Pick<VoterIdentity, 'separation'>): boolean {
  return !isStrict(policy) || (separation?.checked === true && separation.actsAs === undefined);
}

/** `bob could act as the requester (impersonate user alice), and policy prod counts only who cannot`. */
export function notSeparateMessage(
  policies: readonly PolicyTerms[],
  { username, separation }: Pick<VoterIdentity, 'username' | 'separation'>,
): string {
  const strict = policies.filter(isStrict).map(({ name }) => name);
  const how = separation?.actsAs;
  const why =
    how === undefined
      ? `it was not asked whether ${username} could act as the requester`
      : `${username} could act as the requester (${how})`;
  return `${why}, and ${strict.length > 1 ? 'policies' : 'policy'} ${strict.join(', ')} counts only who cannot`;
}
