import type { Submission } from '../../src/core/evidence/evidence-record.ts';

const ACTION = {
  operation: 'CONNECT',
  version: 'v1',
  resource: 'pods',
  subresource: 'exec',
  namespace: 'prod',
  name: 'web-0',
} as const;

const DIGEST = `v1:${'a'.repeat(64)}`;

/** One of each kind, about alice's exec into prod/web-0. */
export const EVIDENCE: { readonly [K in Submission['kind']]: Extract<Submission, { readonly kind: K }> } = {
  Decision: {
    kind: 'Decision',
    id: 'decision/d-1',
    data: {
      id: 'd-1',
      at: '2026-01-01T00:00:00.000Z',
      point: 'webhook',
      verdict: 'Denied',
      code: 'ApprovalRequired',
      user: { username: 'alice', uid: 'u-1' },
      operation: 'CONNECT',
      resource: 'pods/exec',
      namespace: 'prod',
      name: 'web-0',
      digest: DIGEST,
      request: 'prod/exec-web-0',
      policies: ['prod-shells'],
      dryRun: false,
      seconds: 0.004,
    },
  },
  Request: {
    kind: 'Request',
    id: 'request/r-1/Approved',
    data: {
      uid: 'r-1',
      request: 'prod/exec-web-0',
      state: 'Approved',
      requester: { username: 'alice', person: 'alice@example.com', class: 'Human' },
      action: ACTION,
      digest: DIGEST,
      reason: 'INC-1: the queue is stuck',
      policies: ['prod-shells'],
    },
  },
  Vote: {
    kind: 'Vote',
    id: 'vote/v-1',
    data: {
      uid: 'v-1',
      request: 'prod/exec-web-0',
      requestUID: 'r-1',
      decision: 'Approve',
      voter: { username: 'bob', person: 'bob@example.com' },
      digest: DIGEST,
      reason: 'seen the incident',
    },
  },
  Use: {
    kind: 'Use',
    id: 'use/d-2',
    data: { request: 'prod/exec-web-0', requestUID: 'r-1', decision: 'd-2', username: 'alice', digest: DIGEST },
  },
  GivenBack: {
    kind: 'GivenBack',
    id: 'given-back/d-2',
    data: { request: 'prod/exec-web-0', requestUID: 'r-1', decision: 'd-2', code: 409, event: 'event/e-1' },
  },
  Policy: {
    kind: 'Policy',
    id: 'policy/p-1/2',
    data: { uid: 'p-1', name: 'prod-shells', generation: 2, change: 'Stored' },
  },
  AuditEvent: {
    kind: 'AuditEvent',
    id: 'event/e-2',
    data: {
      level: 'Metadata',
      auditID: 'a-1',
      stage: 'ResponseStarted',
      requestURI: '/api/v1/namespaces/prod/pods/web-0/exec?command=id',
      verb: 'get',
      user: { username: 'root', uid: 'u-0', groups: ['system:masters'] },
      impersonatedUser: { username: 'alice' },
      sourceIPs: ['10.0.0.7', 'not an address'],
      userAgent: 'kubectl/v1.36.3',
      objectRef: { resource: 'pods', subresource: 'exec', namespace: 'prod', name: 'web-0', apiVersion: 'v1' },
      responseStatus: { code: 101 },
      requestReceivedTimestamp: '2026-01-01T00:00:00.123456Z',
      stageTimestamp: '2026-01-01T00:00:00.223456Z',
      annotations: { 'connect-0123abcd.gate.sallyport.dev/decision': 'd-2' },
    },
  },
  Alarm: {
    kind: 'Alarm',
    id: 'alarm/bypass/event/e-3',
    data: {
      alarm: 'Bypass',
      message: 'mallory did exec in prod/web-0, which policy prod-shells gates, and nothing decided it',
      at: '2026-01-01T00:00:05.000Z',
      username: 'mallory',
      resource: 'pods/exec',
      namespace: 'prod',
      name: 'web-0',
      evidence: ['event/e-3'],
    },
  },
};

/** Decisions that differ in their id alone. */
export function decisions(count: number, from = 1): Submission[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `n-${from + index}`;
    return { ...EVIDENCE.Decision, id: `decision/${id}`, data: { ...EVIDENCE.Decision.data, id } };
  });
}
