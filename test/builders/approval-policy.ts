import type { ApprovalPolicy, Approver, PolicySpec, PolicyTerms, Stage } from '../../src/core/api/kinds.ts';

export const SRE: Approver = { kind: 'Group', name: 'sre' };

export function stage(name: string, required: number, approvers: readonly Approver[] = [SRE]): Stage {
  return { name, required, approvers: [...approvers] };
}

/** The terms of a policy with one stage, `1 of group sre`, an hour to approve and 15 minutes to use. */
export function policyTerms(overrides: Partial<PolicyTerms['terms']> = {}, name = 'prod-shells'): PolicyTerms {
  return {
    name,
    uid: `${name}-uid`,
    generation: 1,
    terms: {
      stages: [stage('oncall', 1)],
      timeoutSeconds: 3600,
      grant: { type: 'Once', binding: 'Exact', useWithinSeconds: 900 },
      ...overrides,
    },
  };
}

/** Every exec, and every write of Deployments, needs one of group sre. */
export function approvalPolicy(spec: Partial<PolicySpec> = {}, name = 'prod-shells'): ApprovalPolicy {
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'ApprovalPolicy',
    metadata: { name, uid: `${name}-uid`, generation: 1 },
    spec: {
      match: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['*'], operations: ['CONNECT'], resources: ['pods/exec', 'pods/attach'] },
          {
            apiGroups: ['apps'],
            apiVersions: ['*'],
            operations: ['CREATE', 'UPDATE', 'DELETE'],
            resources: ['deployments'],
          },
          { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE'], resources: ['pods/eviction'] },
        ],
      },
      approval: { stages: [{ name: 'oncall', approvers: [SRE] }] },
      ...spec,
    },
  };
}
