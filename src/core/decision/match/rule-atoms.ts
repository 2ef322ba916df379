import { type ResourcePattern, type ResourceRule, type RuleScope, resourcePattern } from './resource-rule.ts';

/** Requests that hold their caller differently have a webhook entry each (R43). */
export type WebhookClass = 'Connect' | 'Write';

/** The four operations of admission. `*` in a rule stands for them. */
export const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;

/** The smallest part of a rule: one group, version, resource, operation and scope, each possibly a wildcard. */
export interface RuleAtom extends ResourcePattern {
  readonly group: string;
  readonly version: string;
  readonly operation: string;
  readonly scope: RuleScope;
}

/** Takes a rule apart. Names are left out: a webhook configuration knows none. */
export function ruleAtoms(rule: ResourceRule): readonly RuleAtom[] {
  const operations = rule.operations.includes('*') ? OPERATIONS : rule.operations;
  const scope = rule.scope ?? '*';
  return rule.apiGroups.flatMap((group) =>
    rule.apiVersions.flatMap((version) =>
      rule.resources
        .map(resourcePattern)
        .flatMap((pattern) => operations.map((operation) => ({ group, version, ...pattern, operation, scope }))),
    ),
  );
}

export function webhookClass(operation: string): WebhookClass {
  return operation === 'CONNECT' ? 'Connect' : 'Write';
}

/**
 * Whether one request may match both. Versions and scopes never tell atoms apart: under `matchPolicy: Equivalent`
 * the API server also offers a request of one version to a rule for another.
 */
export function overlap(a: RuleAtom, b: RuleAtom): boolean {
  return (
    a.operation === b.operation &&
    sameOrAny(a.group, b.group) &&
    sameOrAny(a.resource, b.resource) &&
    sameOrAny(a.subresource, b.subresource)
  );
}

function sameOrAny(a: string, b: string): boolean {
  return a === b || a === '*' || b === '*';
}
