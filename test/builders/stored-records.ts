import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEvent } from '../../src/core/evidence/audit-event.ts';
import type { DecisionRecord } from '../../src/core/evidence/decision-record.ts';
import { eventKey } from '../../src/core/evidence/event-key.ts';
import type { EvidenceRecord, Submission } from '../../src/core/evidence/evidence-record.ts';
import type { StoredRecord } from '../../src/ports/ledger.ts';

export function auditEvent(overrides: Partial<AuditEvent> = {}): AuditEvent {
  return {
    level: 'Metadata',
    auditID: '7f0c2a52-6a5e-4d4b-9f35-000000000001',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/prod/pods/web-0/exec?command=sh',
    verb: 'get',
    user: { username: 'alice' },
    objectRef: { resource: 'pods', subresource: 'exec', namespace: 'prod', name: 'web-0' },
    responseStatus: { code: 101 },
    requestReceivedTimestamp: '2026-11-20T10:00:00.000001Z',
    stageTimestamp: '2026-11-20T10:00:00.100002Z',
    ...overrides,
  };
}

export function decisionRecord(overrides: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    id: 'd-1',
    at: '2026-11-20T10:00:00.000Z',
    point: 'webhook',
    verdict: 'Asked',
    code: 'ApprovalRequired',
    user: { username: 'alice' },
    operation: 'CONNECT',
    resource: 'pods/exec',
    namespace: 'prod',
    name: 'web-0',
    policies: ['exec'],
    dryRun: false,
    seconds: 0.01,
    ...overrides,
  };
}

export function eventSubmission(overrides: Partial<AuditEvent> = {}): Submission {
  const data = auditEvent(overrides);
  return { kind: 'AuditEvent', id: `event/${eventKey(data)}`, data };
}

export function decisionSubmission(overrides: Partial<DecisionRecord> = {}): Submission {
  const data = decisionRecord(overrides);
  return { kind: 'Decision', id: `decision/${data.id}`, data };
}

/** Writes segments as docs/ledger.md says, without seals: what an index reads, at times that the test chooses. */
export interface SegmentsOnDisk {
  /** All of them, also those whose segment was removed. */
  readonly stored: readonly StoredRecord[];
  /** @param time RFC 3339, of all of them */
  write(time: string, submissions: readonly Submission[]): Promise<readonly StoredRecord[]>;
  /** The next record begins another segment. */
  rotate(): void;
}

export function writeSegments(directory: string): SegmentsOnDisk {
  const stored: StoredRecord[] = [];
  let segment = 1;
  let offset = 0;
  let prev = '0'.repeat(64);
  return {
    stored,
    rotate: () => {
      segment = stored.length + 1;
      offset = 0;
    },
    write: async (time, submissions) => {
      const before = stored.length;
      let text = '';
      for (const { kind, id, data } of submissions) {
        const seq = stored.length + 1;
        const record = { seq, prev, time, kind, id, data } as EvidenceRecord;
        const line = JSON.stringify(record);
        const length = Buffer.byteLength(line);
        prev = createHash('sha256').update(line).digest('hex');
        stored.push({ seq, hash: prev, segment, offset, length, record: JSON.parse(line) as EvidenceRecord });
        offset += length + 1;
        text += `${line}\n`;
      }
      await appendFile(join(directory, `${String(segment).padStart(20, '0')}.ndjson`), text);
      return stored.slice(before);
    },
  };
}
