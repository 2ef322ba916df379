import type { Assurance, PolicyTerms } from '../api/kinds.ts';
import type { VoterIdentity } from './person.ts';

const RANK: Readonly<Record<Assurance, number>> = { Any: 0, Console: 1, Kubernetes: 2 };

type Assured = Pick<VoterIdentity, 'assurance'>;

/** Whether a vote is sure enough for a policy. One that does not say how sure it is, is not. */
export function isAssured({ terms }: PolicyTerms, { assurance = 'Any' }: Assured): boolean {
  return RANK[assurance] >= RANK[terms.minAssurance ?? 'Any'];
}

/** The most that any of the policies asks for: what a channel must bring for its votes to count everywhere. */
export function neededAssurance(policies: readonly PolicyTerms[]): Assurance {
  const asked = new Set<Assurance>(policies.map(({ terms }) => terms.minAssurance ?? 'Any'));
  if (asked.has('Kubernetes')) return 'Kubernetes';
  return asked.has('Console') ? 'Console' : 'Any';
}

/** `a vote by Slack is not enough for policy prod: vote in the console`: what to do instead. */
export function assuranceMessage(
  policies: readonly PolicyTerms[],
  { assurance, via }: Pick<VoterIdentity, 'assurance' | 'via'>,
): string {
  const low = policies.filter((policy) => !isAssured(policy, { assurance }));
  const names = `${low.length > 1 ? 'policies' : 'policy'} ${low.map(({ name }) => name).join(', ')}`;
  return `a vote by ${via ?? 'this channel'} is not enough for ${names}: ${INSTEAD[neededAssurance(low)]}`;
}

const INSTEAD: Readonly<Record<Assurance, string>> = {
  Any: 'vote again',
  Console: 'vote in the console, or with kubectl sallyport',
  Kubernetes: 'vote with kubectl sallyport',
};
