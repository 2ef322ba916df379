import type { PolicySpec } from '../../../src/core/api/kinds.ts';

type Rule = PolicySpec['match']['resourceRules'][number];

export function deploymentRule(operations: Rule['operations']): Rule {
  return { apiGroups: ['apps'], apiVersions: ['v1'], operations, resources: ['deployments'] };
}

/** One replica that sleeps. */
export function deployment(namespace: string, name = 'shop'): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name, image: 'local/busybox:1', imagePullPolicy: 'Never', command: ['sleep', '3600'] }],
        },
      },
    },
  };
}
