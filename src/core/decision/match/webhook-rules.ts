import { compactRules } from './compact-rules.ts';
import { coveringSelector } from './covering-selector.ts';
import type { LabelSelector } from './label-selector.ts';
import type { ResourceRule } from './resource-rule.ts';
import { overlap, type RuleAtom, ruleAtoms, type WebhookClass, webhookClass } from './rule-atoms.ts';

/** The part of a policy that the webhook configuration depends on. Valid: parseLabelSelector accepts the selector. */
export interface PolicyMatch {
  readonly rules: readonly ResourceRule[];
  readonly namespaceSelector: LabelSelector;
}

/** One entry of the webhook configuration. */
export interface WebhookRules {
  readonly class: WebhookClass;
  readonly rules: readonly ResourceRule[];
  readonly namespaceSelector: LabelSelector;
}

/** An atom and the policies, by index, that have it. */
interface Contribution {
  readonly atom: RuleAtom;
  readonly policies: Set<number>;
}

/**
 * The entries of the webhook configuration for a set of policies. The API server calls each entry that matches, so
 *
 * - it never misses: what a policy's rule matches in a namespace of its selector, some entry matches;
 * - it asks once: no request matches the rules of two entries, however many policies match it. Two calls for one
 *   request would be two uses of one approval.
 *
 * Parts of rules that may match one request are put in one component, whose selector covers those of all policies
 * in it. The result depends only on the set of policies, not on their order.
 */
export function webhookRules(policies: readonly PolicyMatch[]): readonly WebhookRules[] {
  const entries = new Map<string, { class: WebhookClass; namespaceSelector: LabelSelector; atoms: RuleAtom[] }>();
  for (const component of components(contributions(policies))) {
    const [first] = component;
    if (first === undefined) continue;
    const contributors = new Set(component.flatMap(({ policies }) => [...policies]));
    const namespaceSelector = coveringSelector(
      policies.filter((_, index) => contributors.has(index)).map((policy) => policy.namespaceSelector),
    );
    const identity = { class: webhookClass(first.atom.operation), namespaceSelector };
    const key = JSON.stringify(identity);
    const entry = entries.get(key) ?? { ...identity, atoms: [] };
    entry.atoms.push(...component.map(({ atom }) => atom));
    entries.set(key, entry);
  }
  return [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { atoms, ...entry }]) => ({ ...entry, rules: compactRules(atoms) }));
}

function contributions(policies: readonly PolicyMatch[]): readonly Contribution[] {
  const byAtom = new Map<string, Contribution>();
  for (const [index, policy] of policies.entries())
    for (const atom of policy.rules.flatMap(ruleAtoms)) {
      const key = JSON.stringify([
        atom.group,
        atom.version,
        atom.resource,
        atom.subresource,
        atom.operation,
        atom.scope,
      ]);
      const known = byAtom.get(key);
      if (known === undefined) byAtom.set(key, { atom, policies: new Set([index]) });
      else known.policies.add(index);
    }
  return [...byAtom.values()];
}

/** Connected components of the overlaps. */
function components(all: readonly Contribution[]): readonly (readonly Contribution[])[] {
  const remaining = new Set(all);
  const result: Contribution[][] = [];
  for (const start of all) {
    if (!remaining.delete(start)) continue;
    const component = [start];
    // The list grows while it is walked: each new member brings in those that overlap with it.
    for (const member of component)
      for (const other of remaining)
        if (overlap(member.atom, other.atom)) {
          remaining.delete(other);
          component.push(other);
        }
    result.push(component);
  }
  return result;
}
