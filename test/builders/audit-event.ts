import type { AuditEvent, AuditUser } from '../../src/core/evidence/audit-event.ts';

export const ALICE_AUDITED: AuditUser = {
  username: 'alice',
  groups: ['developers', 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=aa'] },
};

export const ALLOWED_BY_RBAC = { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': 'RBAC' };

/** `kubectl exec -n prod web-0 -c app -- ls`, over WebSocket, by alice, answered. As kube-apiserver writes it, in its order. */
export function auditEvent(overrides: Partial<AuditEvent> = {}): AuditEvent {
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: '0d6d9b49-6a7a-4d0c-9b0f-1f0f3c1f2a11',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/prod/pods/web-0/exec?command=ls&container=app&stderr=true&stdout=true',
    verb: 'get',
    user: ALICE_AUDITED,
    sourceIPs: ['10.0.0.7'],
    userAgent: 'kubectl/v1.36.0',
    objectRef: { resource: 'pods', namespace: 'prod', name: 'web-0', apiVersion: 'v1', subresource: 'exec' },
    responseStatus: { metadata: {}, code: 101 },
    requestReceivedTimestamp: '2026-11-20T10:00:00.000000Z',
    stageTimestamp: '2026-11-20T10:00:00.050000Z',
    annotations: ALLOWED_BY_RBAC,
  } as const;
  return { ...event, ...overrides };
}

/** A write of deployment prod/web, answered with 200. */
export function writeEvent(verb: string, overrides: Partial<AuditEvent> = {}): AuditEvent {
  return auditEvent({
    verb,
    requestURI: `/apis/apps/v1/namespaces/prod/deployments${verb === 'create' ? '' : '/web'}`,
    objectRef: { resource: 'deployments', namespace: 'prod', name: 'web', apiGroup: 'apps', apiVersion: 'v1' },
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    ...overrides,
  });
}
