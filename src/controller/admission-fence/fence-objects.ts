/** What a fence is around, whom it is not for, and what it says: the fields of a ValidatingAdmissionPolicy's spec of the same names. */
export interface FenceRules {
  readonly matchConstraints: object;
  readonly matchConditions: readonly object[];
  readonly validations: readonly object[];
}

/** A ValidatingAdmissionPolicy that refuses also where it cannot tell, and its binding, both of this name. */
export function fenceObjects(name: string, rules: FenceRules): readonly object[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name, labels: { 'app.kubernetes.io/part-of': 'sallyport' } };
  const { matchConstraints, matchConditions, validations } = rules;
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: { failurePolicy: 'Fail', matchConstraints, matchConditions, validations },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: name, validationActions: ['Deny', 'Audit'] },
    },
  ];
}

/** The writes of these resources, namespaced or not. */
export function fencedRule(group: string, operations: readonly string[], resources: readonly string[]): object {
  return { apiGroups: [group], apiVersions: ['*'], operations, resources, scope: '*' };
}
