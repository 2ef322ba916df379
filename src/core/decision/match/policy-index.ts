import type { RuleTarget } from './match-rule.ts';
import { resourcePattern, type ResourceRule } from './resource-rule.ts';

/** What an index looks at: the rest of a request is for the policies themselves. */
export type IndexedTarget = Pick<RuleTarget, 'operation' | 'group' | 'resource'>;

/** What it reads of a policy: its rules, and those of what leads round it. */
export interface IndexedPolicy {
  readonly rulesOfAnyVersion: readonly ResourceRule[];
  readonly steps: readonly { readonly rule: ResourceRule }[];
}

/** The policies some rule of which may match a target, in their order; those that are left out cannot match it. */
export type PolicyIndex<P extends IndexedPolicy> = (target: IndexedTarget) => readonly P[];

/**
 * Policies on other kinds cost a request nothing. Lists are made when they are first asked for; there are never more of
 * them than combinations of what the policies name, since whatever none of them names is one and the same to all rules.
 */
export function createPolicyIndex<P extends IndexedPolicy>(policies: readonly P[]): PolicyIndex<P> {
  const rules = policies.flatMap(rulesOf);
  const operations = numbered(rules.flatMap((rule) => rule.operations));
  const groups = numbered(rules.flatMap((rule) => rule.apiGroups));
  const resources = numbered(rules.flatMap((rule) => rule.resources.flatMap(resourcesOf)));
  const lists = new Map<number, readonly P[]>();
  return (target) => {
    const [operation, group, resource] = [
      operations.get(target.operation) ?? 0,
      groups.get(target.group) ?? 0,
      resources.get(target.resource) ?? 0,
    ];
    const key = (operation * (groups.size + 1) + group) * (resources.size + 1) + resource;
    const known = lists.get(key);
    if (known !== undefined) return known;
    const list = policies.filter((policy) => rulesOf(policy).some((rule) => mayMatch(rule, target)));
    lists.set(key, list);
    return list;
  };
}

/** From 1 on; 0 is whatever has no number. */
function numbered(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...new Set(names)].map((name, at) => [name, at + 1]));
}

function rulesOf({ rulesOfAnyVersion, steps }: IndexedPolicy): readonly ResourceRule[] {
  return [...rulesOfAnyVersion, ...steps.map(({ rule }) => rule)];
}

/** The whole text too, as `matchesResource` compares it. */
function resourcesOf(text: string): readonly string[] {
  return [text, resourcePattern(text).resource];
}

function mayMatch(rule: ResourceRule, { operation, group, resource }: IndexedTarget): boolean {
  const names = (list: readonly string[], name: string) => list.includes('*') || list.includes(name);
  return (
    names(rule.operations, operation) &&
    names(rule.apiGroups, group) &&
    names(rule.resources.flatMap(resourcesOf), resource)
  );
}
