import type { ResourceRule, RuleScope } from './resource-rule.ts';
import type { RuleAtom } from './rule-atoms.ts';

interface Factors {
  readonly groups: readonly string[];
  readonly versions: readonly string[];
  readonly operations: readonly string[];
  readonly resources: readonly string[];
  readonly scope: RuleScope;
}

/**
 * Puts atoms together into few rules which match exactly what the atoms match: a rule is a product of lists, so
 * only rules that differ in one list are joined. Sorted, so that equal atoms give equal rules. What a wildcard in
 * the same list covers is left out, as the API server's validation demands.
 */
export function compactRules(atoms: readonly RuleAtom[]): readonly ResourceRule[] {
  let rules: readonly Factors[] = atoms.map((atom) => ({
    groups: [atom.group],
    versions: [atom.version],
    operations: [atom.operation],
    resources: [atom.subresource === '' ? atom.resource : `${atom.resource}/${atom.subresource}`],
    scope: atom.scope,
  }));
  rules = joinedBy(rules, 'versions');
  rules = joinedBy(rules, 'operations');
  rules = joinedBy(rules, 'resources');
  rules = joinedBy(rules, 'groups');
  return rules
    .map(({ groups, versions, operations, resources, scope }) => ({
      apiGroups: groups,
      apiVersions: versions,
      operations,
      resources,
      scope,
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

type List = 'groups' | 'versions' | 'operations' | 'resources';

/** Joins the rules that agree in everything but one list. */
function joinedBy(rules: readonly Factors[], list: List): readonly Factors[] {
  const alike = Map.groupBy(rules, (rule) => JSON.stringify({ ...rule, [list]: [] }));
  return [...alike.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const items = [first, ...others].flatMap((rule) => rule[list]);
    return [{ ...first, [list]: withoutCovered(items, list) }];
  });
}

function withoutCovered(items: readonly string[], list: List): readonly string[] {
  const all = new Set(items);
  const kept =
    list === 'resources' ? [...all].filter((item) => !isCovered(item, all)) : all.has('*') ? ['*'] : [...all];
  return kept.sort();
}

function isCovered(item: string, all: ReadonlySet<string>): boolean {
  if (item === '*/*') return false;
  if (all.has('*/*')) return true;
  const [resource = '', subresource] = item.split('/');
  if (subresource === undefined) return resource !== '*' && (all.has('*') || all.has(`${resource}/*`));
  if (subresource === '*') return false;
  return all.has(`${resource}/*`) || (resource !== '*' && all.has(`*/${subresource}`));
}
