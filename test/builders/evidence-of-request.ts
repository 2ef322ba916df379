import type { EvidenceKind, EvidenceRecord } from '../../src/core/evidence/evidence-record.ts';
import { auditEvent } from './audit-events.ts';
import { decisionRecord } from './decision-record.ts';
import { execAction } from './exec-action.ts';

export const LEDGER = '3f0c2a9e-5b1d-4c77-9a51-1c2d3e4f5a6b';
const REQUEST = 'prod/exec-web-0-7f3c1a9e';
const UID = '0b9c6f2e-0000-4000-8000-000000000001';
const ASKED = 'c41d09aa-7e55-4c0b-8a53-5f1d9a4c1e10';
const ALLOWED = '9e2b7f10-3c44-4d1e-b0a7-6a1f0c2d3e4f';
const DIGEST = `sha256:${'7f'.repeat(32)}`;

/** What the ledger has of one request that was asked for, approved and used. */
export function evidenceOfRequest(): readonly EvidenceRecord[] {
  const requester = { username: 'alice', person: 'alice' };
  const decision = { user: { username: 'alice' }, namespace: 'prod', name: 'web-0', request: REQUEST };
  const state = {
    uid: UID,
    request: REQUEST,
    requester,
    action: execAction(['df', '-h']),
    digest: DIGEST,
    policies: ['production-exec'],
  };
  const records: readonly (readonly [time: string, kind: EvidenceKind, id: string, data: object])[] = [
    [
      '10:00:00.120',
      'Decision',
      `decision/${ASKED}`,
      decisionRecord({
        ...decision,
        id: ASKED,
        at: '2026-11-20T10:00:00.112Z',
        verdict: 'Asked',
        code: 'ApprovalRequired',
      }),
    ],
    [
      '10:00:00.190',
      'Request',
      `request/${UID}/Pending`,
      { ...state, state: 'Pending', at: '2026-11-20T10:00:00Z', reason: 'INC-7: disk is full' },
    ],
    [
      '10:02:31.460',
      'Vote',
      'vote/1',
      {
        uid: '1',
        at: '2026-11-20T10:02:31Z',
        request: REQUEST,
        requestUID: UID,
        decision: 'Approve',
        voter: { username: 'bob', groups: ['sre'], person: 'bob' },
        via: 'Kubernetes',
        digest: DIGEST,
      },
    ],
    ['10:02:31.590', 'Request', `request/${UID}/Approved`, { ...state, state: 'Approved', at: '2026-11-20T10:02:31Z' }],
    [
      '10:02:40.020',
      'Decision',
      `decision/${ALLOWED}`,
      decisionRecord({
        ...decision,
        id: ALLOWED,
        at: '2026-11-20T10:02:40.011Z',
        verdict: 'Allowed',
        code: 'Approved',
      }),
    ],
    [
      '10:02:40.120',
      'Use',
      `use/${ALLOWED}`,
      {
        request: REQUEST,
        requestUID: UID,
        decision: ALLOWED,
        at: '2026-11-20T10:02:40Z',
        username: 'alice',
        digest: DIGEST,
      },
    ],
    [
      '10:02:41.050',
      'AuditEvent',
      'event/1',
      auditEvent(1, {
        stage: 'ResponseStarted',
        verb: 'get',
        user: { username: 'alice' },
        objectRef: { resource: 'pods', subresource: 'exec', namespace: 'prod', name: 'web-0' },
        responseStatus: { code: 101 },
        stageTimestamp: '2026-11-20T10:02:40.060113Z',
        annotations: { 'connect-0d119dad.gate.sallyport.dev/decision': ALLOWED },
      }),
    ],
    ['10:02:40.290', 'Request', `request/${UID}/Consumed`, { ...state, state: 'Consumed', at: '2026-11-20T10:02:40Z' }],
  ];
  return records.map(
    ([time, kind, id, data], index) =>
      ({ seq: 4_100 + index, prev: '0'.repeat(64), time: `2026-11-20T${time}Z`, kind, id, data }) as EvidenceRecord,
  );
}
