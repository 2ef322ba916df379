import type { AuditEvent } from '../../src/core/evidence/audit-event.ts';

/** An event as kube-apiserver 1.36 sends it at level Metadata: some 1.3 KB. Each number is another request. */
export function auditEvent(number = 1, change: Readonly<Record<string, unknown>> = {}): AuditEvent {
  const hex = number.toString(16).padStart(12, '0');
  const at = new Date(1_790_000_000_000 + number).toISOString().replace('Z', '000Z');
  return {
    level: 'Metadata',
    auditID: `3f2b6d0e-7c1d-4b7e-9a55-${hex}`,
    stage: 'ResponseComplete',
    requestURI: `/apis/apps/v1/namespaces/prod/deployments/shop-${number}?fieldManager=kubectl-client-side-apply&fieldValidation=Strict`,
    verb: 'patch',
    user: {
      username: 'alice@example.com',
      uid: 'b1c5c9a0-66c4-4bb2-9b6e-0d3f5a4f7d11',
      groups: ['developers', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [
          'X509SHA256=4c6f9a3a2a6ab5f7c5e04f7d4b7f1f0f6b2f7a9ad0d2c1f0a9b8c7d6e5f4a3b2',
        ],
      },
    },
    sourceIPs: ['10.88.0.1', '192.168.13.37'],
    userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/5b1a3d2',
    objectRef: {
      resource: 'deployments',
      namespace: 'prod',
      name: `shop-${number}`,
      uid: 'd4c3b2a1-0f9e-4d8c-b7a6-5f4e3d2c1b0a',
      apiGroup: 'apps',
      apiVersion: 'v1',
      resourceVersion: String(100_000 + number),
    },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
    annotations: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason':
        'RBAC: allowed by ClusterRoleBinding "playground-edit" of ClusterRole "edit" to Group "developers"',
      'connect.gate.sallyport.dev/decision': `0198f2a0-1111-7abc-8def-${hex}`,
      'connect.gate.sallyport.dev/digest': 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    },
    ...change,
  };
}

/** As Go writes it: one line, and a newline behind it. */
export function eventList(items: readonly unknown[]): string {
  return eventListOf(items.map((item) => JSON.stringify(item)));
}

/** The same from the JSON of its items. */
export function eventListOf(items: readonly string[]): string {
  return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${items.join(',')}]}\n`;
}
