import type { ApprovalPolicy, PolicySpec } from '../../src/core/api/kinds.ts';

/**
 * What all peers are asked to decide, each in its own language: commands in production but the robot's, bindings to
 * cluster-admin, and Deployments of production that are scaled to nothing.
 */
export function gatingPolicies(): ApprovalPolicy[] {
  const production = { matchLabels: { env: 'prod' } };
  return [
    policy('exec', {
      resourceRules: [
        { apiGroups: [''], apiVersions: ['*'], operations: ['CONNECT'], resources: ['pods/exec', 'pods/attach'] },
      ],
      namespaceSelector: production,
      excludeSubjects: [{ kind: 'User', name: 'robot' }],
    }),
    policy('bindings', {
      resourceRules: [
        {
          apiGroups: ['rbac.authorization.k8s.io'],
          apiVersions: ['*'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['clusterrolebindings'],
        },
      ],
      matchConditions: [{ name: 'cluster-admin', expression: "object.roleRef.name == 'cluster-admin'" }],
    }),
    policy('deployments', {
      resourceRules: [{ apiGroups: ['apps'], apiVersions: ['*'], operations: ['UPDATE'], resources: ['deployments'] }],
      namespaceSelector: production,
      matchConditions: [{ name: 'to-nothing', expression: 'object.spec.replicas == 0' }],
    }),
  ];
}

/** A policy of another team: its rules name the same kinds, its condition never holds. */
export function furtherPolicy(at: number): ApprovalPolicy {
  return policy(`team-${at}`, {
    resourceRules: [
      { apiGroups: ['apps'], apiVersions: ['*'], operations: ['UPDATE'], resources: ['deployments'] },
      { apiGroups: [''], apiVersions: ['*'], operations: ['CONNECT'], resources: ['pods/exec'] },
    ],
    matchConditions: [{ name: 'of-the-team', expression: `request.name == 'team-${at}'` }],
  });
}

function policy(name: string, match: PolicySpec['match']): ApprovalPolicy {
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'ApprovalPolicy',
    metadata: { name },
    spec: {
      description: 'Of the benchmark',
      match,
      approval: { stages: [{ name: 'sre', approvers: [{ kind: 'Group', name: 'sre' }] }] },
    },
  };
}
