import type { PolicyTerms } from '../api/kinds.ts';
import type { CompiledPolicy, ReadyPolicy } from './compile.ts';
import { createGuardBudget } from './cel/guard-budget.ts';
import { type MatchInput, matchPolicy, timedBy } from './policy-match.ts';
import type { Problem } from './problem.ts';

/** The predicates of a policy, in the order in which they are asked. */
export type Predicate =
  | { readonly type: 'ResourceRules' }
  | { readonly type: 'NamespaceSelector' }
  | { readonly type: 'ExcludeSubjects' }
  | { readonly type: 'Subjects' }
  | { readonly type: 'ObjectSelector' }
  | { readonly type: 'MatchCondition'; readonly name: string };

/** What one policy says to a request, and why. */
export type Explanation =
  | {
      readonly verdict: 'Matches';
      readonly policy: string;
      readonly mode: ReadyPolicy['mode'];
      readonly terms: PolicyTerms;
    }
  /** `because` is the first predicate that does not hold. */
  | { readonly verdict: 'DoesNotMatch'; readonly policy: string; readonly because: Predicate }
  /** Its rules match, and it has problems: what it gates is denied. */
  | { readonly verdict: 'Broken'; readonly policy: string; readonly problems: readonly Problem[] }
  /** It cannot be said whether it matches: the request is denied. */
  | { readonly verdict: 'Unknown'; readonly policy: string; readonly reason: string };

/**
 * Why a policy matches, or the first reason why it does not. Asks matchPolicy itself, of the policy with one predicate
 * more at a time, so that an explanation cannot say other than what is enforced.
 */
export function explainPolicy(policy: CompiledPolicy, shown: MatchInput): Explanation {
  const { name } = policy;
  // What explains each policy over and over takes the time of no review.
  const input = timedBy(createGuardBudget(Number.POSITIVE_INFINITY), shown);
  const match = matchPolicy(policy, input);
  if (!policy.ready) {
    return match.matches === false
      ? { verdict: 'DoesNotMatch', policy: name, because: { type: 'ResourceRules' } }
      : { verdict: 'Broken', policy: name, problems: policy.problems };
  }
  switch (match.matches) {
    case true:
      return { verdict: 'Matches', policy: name, mode: policy.mode, terms: policy.terms };
    case 'unknown':
      return { verdict: 'Unknown', policy: name, reason: match.reason };
    case false:
      return { verdict: 'DoesNotMatch', policy: name, because: firstThatFails(policy, input) };
  }
}

function firstThatFails(policy: ReadyPolicy, input: MatchInput): Predicate {
  const steps: readonly (readonly [Predicate, Partial<ReadyPolicy>])[] = [
    [{ type: 'ResourceRules' }, {}],
    [
      { type: 'NamespaceSelector' },
      { namespaceSelector: policy.namespaceSelector, matchesNamespace: policy.matchesNamespace },
    ],
    [{ type: 'ExcludeSubjects' }, { excludeSubjects: policy.excludeSubjects }],
    [{ type: 'Subjects' }, { subjects: policy.subjects }],
    [{ type: 'ObjectSelector' }, { matchesObject: policy.matchesObject }],
    ...policy.conditions.map(
      ({ name }, index) =>
        [{ type: 'MatchCondition', name }, { conditions: policy.conditions.slice(0, index + 1) }] as const,
    ),
  ];
  let asked: ReadyPolicy = {
    ...policy,
    namespaceSelector: {},
    matchesNamespace: () => true,
    matchesObject: () => true,
    subjects: [],
    excludeSubjects: [],
    conditions: [],
  };
  for (const [predicate, more] of steps) {
    asked = { ...asked, ...more };
    if (matchPolicy(asked, input).matches === false) return predicate;
  }
  throw new Error(`policy ${policy.name} does not match, but every predicate of it does`);
}
