import type { PolicyTerms, Summary } from '../api/kinds.ts';
import type { Reviewed } from '../attributes/from-audit-event.ts';
import type { ReadyPolicy } from '../decision/compile.ts';
import { type Decision, decide } from '../decision/decide.ts';
import { createPolicyIndex } from '../decision/match/policy-index.ts';
import type { DecisionSettings } from '../decision/settings.ts';
import type { Snapshot } from '../decision/snapshot.ts';
import { nobodySeals } from './nobody-seals.ts';
import { createPeople, NOBODY_MAPPED } from '../people/people.ts';
import { createAssumedPolicy } from './assumed-policy.ts';
import type { Missing } from './reasons.ts';
import { assumedAttributes, type NamespaceLookup } from './assumed-attributes.ts';
import { hasCredentialId } from '../attributes/credential-id.ts';

/** What one policy, alone, would have said to a request. */
export type Verdict =
  | { readonly kind: 'Free' }
  | {
      readonly kind: 'Held';
      /** Equal for what one request would be for, of one user. */
      readonly fingerprint: string;
      readonly terms: PolicyTerms;
      readonly summary: Summary;
    }
  /** Stopped, and nobody is asked: a guardrail, or a condition that cannot be evaluated. */
  | { readonly kind: 'Refused'; readonly reason: string }
  /** Held or not, or refused, by what is not shown. */
  | { readonly kind: 'Unknown'; readonly missing: readonly Missing[]; readonly fingerprint?: string };

/** @param namespace undefined where it is not known */
export type Judge = (reviewed: Reviewed, namespace: NamespaceLookup) => Verdict;

/** The rest of the world stands still: nobody has asked for anything yet, and everything is in step. */
const NOW = 0;
const NOTHING_ASKED = {
  freshAt: NOW,
  requests: () => [],
  scopes: () => [],
  pending: () => ({ ofRequester: 0, inAll: 0 }),
  cancelled: () => 0,
};

/** By the same code as the webhook's, whatever mode the policy is in. */
export function createJudge(policy: ReadyPolicy): Judge {
  const assumedPolicy = createAssumedPolicy(policy);
  // Names and what is assumed make no difference to it.
  const mayMatch = createPolicyIndex([policy]);
  const ask = (reviewed: Reviewed, namespace: NamespaceLookup, likely: boolean, missing: Set<Missing>): Decision => {
    const { attributes, namespaceObject, unknown } = assumedAttributes(reviewed, likely, namespace);
    const world: Snapshot = {
      ...NOTHING_ASKED,
      policies: (target) => mayMatch(target).map(() => assumedPolicy({ attributes, unknown, likely, missing })),
      namespace: () => namespaceObject,
    };
    return decide(attributes, world, settingsFor(reviewed), NOW);
  };
  return (reviewed, namespace) => {
    const missing = new Set<Missing>();
    const most = ask(reviewed, namespace, true, missing);
    if (most.verdict === 'NoOpinion') return { kind: 'Free' };
    if (reviewed.unknown.size === 0) return verdictOf(most);
    const least = ask(reviewed, namespace, false, missing);
    if (most.verdict === least.verdict && most.reason === least.reason) return verdictOf(most);
    for (const part of ['change', 'name'] as const)
      if (missing.size === 0 && reviewed.unknown.has(part)) missing.add(part);
    return {
      kind: 'Unknown',
      missing: [...missing].sort(),
      ...('gated' in most && most.gated !== undefined ? { fingerprint: most.gated.fingerprint } : {}),
    };
  };
}

function verdictOf(decision: Decision): Verdict {
  switch (decision.verdict) {
    case 'NoOpinion':
      return { kind: 'Free' };
    case 'Deny':
      return { kind: 'Refused', reason: decision.reason };
    case 'Allow':
    case 'ApprovalRequired': {
      const { gated } = decision;
      const [terms] = gated.policies;
      const { fingerprint, summary } = gated.scope ?? gated;
      return terms === undefined ? { kind: 'Free' } : { kind: 'Held', fingerprint, terms, summary };
    }
  }
}

const NOBODY = createPeople(NOBODY_MAPPED);

/** R23: where the real user has a credential id, the cluster sets it, and an impersonated one shows by its absence. */
function settingsFor({ impersonated, attributes }: Reviewed): DecisionSettings {
  return {
    systemNamespace: '',
    ourUsernames: new Set(),
    // Nobody sees a digest of what was not asked for: one text for all values of Secrets keeps them out of memory.
    hmac: () => 'secret',
    seals: nobodySeals,
    people: () => NOBODY,
    impersonationShows: impersonated || hasCredentialId(attributes.user),
    limits: { pendingPerRequester: 1, pendingInAll: 1, cancelledPerRequesterADay: 1 },
  };
}
