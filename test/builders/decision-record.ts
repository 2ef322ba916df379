import type { DecisionRecord } from '../../src/core/evidence/decision-record.ts';

/** alice's exec into prod/web-0 was let through. */
export function decisionRecord(change: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    id: '0f8fad5b-d9cb-469f-a165-70867728950e',
    at: '2026-01-01T00:00:00.000Z',
    point: 'webhook',
    verdict: 'Allowed',
    code: 'Approved',
    user: { username: 'alice' },
    operation: 'CONNECT',
    resource: 'pods/exec',
    namespace: 'prod',
    name: 'web-0',
    digest: 'sha256:00',
    request: 'prod/exec-web-0-7f3c1a9e',
    policies: ['prod-shells'],
    dryRun: false,
    seconds: 0.01,
    ...change,
  };
}
