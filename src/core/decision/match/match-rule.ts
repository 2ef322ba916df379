import { type ResourceRule, resourcePattern } from './resource-rule.ts';

/** What a request acts on. */
export interface RuleTarget {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** '' for the resource itself. */
  readonly subresource: string;
  readonly operation: string;
  /** Whether the resource lives in a namespace. A Namespace itself does not. */
  readonly namespaced: boolean;
  /**
   * Names of the object, the old object and the request. All three: the request of a deletecollection has none,
   * and a generateName has only the object's.
   */
  readonly names: readonly string[];
}

/**
 * Whether a rule matches, as the API server decides it
 * (staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules/rules.go).
 *
 * In that code, unlike in the words of the API documentation, `pods/*` matches pods themselves too. We follow the
 * code: a ValidatingAdmissionPolicy with the same rule does.
 */
export function matchesRule(rule: ResourceRule, target: RuleTarget): boolean {
  return (
    exactOrAny(rule.operations, target.operation) &&
    exactOrAny(rule.apiGroups, target.group) &&
    exactOrAny(rule.apiVersions, target.version) &&
    rule.resources.some((resource) => matchesResource(resource, target)) &&
    matchesScope(rule, target) &&
    matchesName(rule, target)
  );
}

/** Whether `pods`, `pods/exec`, `pods/*`, `*`, `*\/scale` or `*\/*` covers a resource and subresource. */
export function matchesResource(
  pattern: string,
  target: { readonly resource: string; readonly subresource: string },
): boolean {
  if (pattern === target.resource) return target.subresource === '';
  const { resource, subresource } = resourcePattern(pattern);
  return (
    (resource === '*' || resource === target.resource) && (subresource === '*' || subresource === target.subresource)
  );
}

function exactOrAny(items: readonly string[], value: string): boolean {
  return items.includes('*') || items.includes(value);
}

function matchesScope({ scope }: ResourceRule, { namespaced }: RuleTarget): boolean {
  if (scope === 'Namespaced') return namespaced;
  if (scope === 'Cluster') return !namespaced;
  return true;
}

function matchesName({ resourceNames = [] }: ResourceRule, { names }: RuleTarget): boolean {
  return resourceNames.length === 0 || names.some((name) => name !== '' && resourceNames.includes(name));
}
