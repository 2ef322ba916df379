/**
 * Which requests a policy looks at: NamedRuleWithOperations of admissionregistration.k8s.io/v1, word for word.
 * https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/validating-admission-policy-v1/
 */
export interface ResourceRule {
  /** "The API groups the resources belong to. '*' is all groups." The core group is ''. */
  readonly apiGroups: readonly string[];
  /** "The API versions the resources belong to. '*' is all versions." */
  readonly apiVersions: readonly string[];
  readonly operations: readonly string[];
  /**
   * "'pods' means pods. 'pods/log' means the log subresource of pods. '*' means all resources, but not
   * subresources. 'pods/*' means all subresources of pods. '*\/scale' means all scale subresources. '*\/*' means
   * all resources and their subresources."
   */
  readonly resources: readonly string[];
  /** "An optional white list of names that the rule applies to. An empty set means that everything is allowed." */
  readonly resourceNames?: readonly string[];
  /** "Cluster", "Namespaced" or "*"; the default is "*". */
  readonly scope?: RuleScope;
}

export type RuleScope = '*' | 'Cluster' | 'Namespaced';

/** A resource of a rule in its two parts; `subresource` is '' for the resource itself. */
export interface ResourcePattern {
  readonly resource: string;
  readonly subresource: string;
}

/** Splits at the first slash, as the API server does. */
export function resourcePattern(text: string): ResourcePattern {
  const slash = text.indexOf('/');
  if (slash === -1) return { resource: text, subresource: '' };
  return { resource: text.slice(0, slash), subresource: text.slice(slash + 1) };
}
