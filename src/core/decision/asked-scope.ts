import type { Action, PolicyTerms, UserInfo } from '../api/kinds.ts';
import { boundAction, isWhole } from '../attributes/bound-action.ts';
import { digestOf, fingerprintOf } from '../attributes/digest.ts';
import { scopeOf } from '../attributes/scope.ts';
import { summarise } from '../attributes/summary.ts';
import type { Asked, GatedAction } from './gated-action.ts';
import { scopeTermsOf } from './scope-terms.ts';

/** The scope that is asked for when the action is met; undefined where it must be approved exactly. */
export function askedScope(action: Action, policies: readonly PolicyTerms[], user: UserInfo): Asked | undefined {
  const terms = scopeTermsOf(policies);
  const scope = terms === undefined ? undefined : scopeOf(action, terms);
  // A scope that does not fit into a request could not be compared with what is done.
  if (scope === undefined || !isWhole(boundAction(scope))) return undefined;
  const digest = digestOf(scope);
  return { action: scope, digest, fingerprint: fingerprintOf(user, digest), summary: summarise(scope) };
}

/** Why a hand-written scope may not be asked for; undefined where it may, and where the request is for one action. */
export function writtenScopeProblem({ action, policies }: GatedAction, stepping: boolean): string | undefined {
  if (action.binding !== 'Scope') return undefined;
  const exact = policies.find(({ terms }) => terms.grant.binding !== 'Scope');
  if (exact !== undefined) return `action.binding: policy ${exact.name} approves exact actions only`;
  if (stepping) return 'action.binding: a policy is about what may be in it, and approves exact actions only';
  const terms = scopeTermsOf(policies);
  if (action.interactive === true && terms?.allowInteractive !== true)
    return 'action.interactive: a policy approves what is interactive only exactly';
  const words = action.exec?.command?.length ?? Number.POSITIVE_INFINITY;
  const longer = policies.find(({ terms: { grant } }) => words < (grant.commandPrefix ?? 1));
  return longer === undefined
    ? undefined
    : `action.exec.command: policy ${longer.name} binds at least the first ${longer.terms.grant.commandPrefix ?? 1} words`;
}
