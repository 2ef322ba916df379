import type { PolicySpec, PolicyTerms } from '../api/kinds.ts';
import type { ScopeTerms } from '../attributes/scope.ts';
import type { Problem } from './problem.ts';

/** Fields that would say nothing of an exact grant: what is written must mean something. */
export function scopeProblems({ grant }: PolicySpec): Problem[] {
  if (grant?.binding === 'Scope') return [];
  return (['allowInteractive', 'commandPrefix'] as const)
    .filter((field) => grant?.[field] !== undefined)
    .map((field) => ({ path: `spec.grant.${field}`, message: 'only a grant with binding Scope has one' }));
}

/** The part of a grant's terms that speaks of scopes; nothing of an exact one. */
export function scopeFields({
  grant,
}: PolicySpec): Pick<PolicyTerms['terms']['grant'], 'allowInteractive' | 'commandPrefix'> {
  if (grant?.binding !== 'Scope') return {};
  return {
    ...(grant.allowInteractive === true ? { allowInteractive: true } : {}),
    ...(grant.commandPrefix === undefined ? {} : { commandPrefix: grant.commandPrefix }),
  };
}

/** What the policies grant together, of which the strictest wins; undefined unless each of them grants a scope. */
export function scopeTermsOf(policies: readonly PolicyTerms[]): ScopeTerms | undefined {
  const grants = policies.map((policy) => policy.terms.grant);
  if (grants.length === 0 || grants.some(({ binding }) => binding !== 'Scope')) return undefined;
  const prefixes = grants.map(({ commandPrefix }) => commandPrefix ?? Number.POSITIVE_INFINITY);
  const commandPrefix = Math.max(...prefixes);
  return {
    allowInteractive: grants.every(({ allowInteractive }) => allowInteractive === true),
    commandPrefix: Number.isFinite(commandPrefix) ? commandPrefix : undefined,
  };
}
