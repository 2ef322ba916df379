import type { Attributes } from '../../attributes/attributes.ts';
import { forbiddenRuleProblems } from '../match/forbidden-rules.ts';
import { type ResourcePattern, type ResourceRule, resourcePattern } from '../match/resource-rule.ts';

/**
 * R33: a request that a policy does not name and that leads round it. It needs the approval that the policy asks for what
 * it does name.
 */
export interface Step {
  readonly rule: ResourceRule;
  /** Why it is asked for, as in `policy exec-prod: leaving its namespaceSelector`. */
  readonly why: string;
  /** The namespaceSelector of the webhook entry; the policy's own is looked at by the decision in any case. */
  readonly askedIn: 'ItsNamespaces' | 'EveryNamespace';
  /** Delete: the policy's selectors and conditions judge the deletion of the old object that it amounts to. */
  readonly standsFor: 'Itself' | 'Delete';
  /** Whether the labels of what is reviewed are those that an objectSelector means. */
  readonly showsObject: boolean;
  /** Whether a request that the rule matches leads round. */
  readonly is: (attributes: Attributes) => boolean;
}

/** Of a step that is known by its resource alone. */
export const always: Step['is'] = () => true;

/** One resource of one rule. */
export interface Named extends ResourcePattern {
  readonly rule: ResourceRule;
}

/** What rules name under any of these operations. */
export function named(rules: readonly ResourceRule[], operations: readonly string[]): readonly Named[] {
  return rules
    .filter((rule) => rule.operations.some((operation) => operation === '*' || operations.includes(operation)))
    .flatMap((rule) => rule.resources.map((resource) => ({ rule, ...resourcePattern(resource) })));
}

/** A rule for the neighbours of what `rule` names, in the same place and of the same names. */
export function neighbourRule(rule: ResourceRule, operation: string, resources: readonly string[]): ResourceRule {
  return { ...rule, apiVersions: ['*'], operations: [operation], resources };
}

/** R31 holds for what is derived as for what is written: no step may stop the cluster. */
export function isHarmless({ rule }: Step): boolean {
  return forbiddenRuleProblems(rule, '').length === 0;
}
