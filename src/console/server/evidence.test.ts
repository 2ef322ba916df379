import { beforeEach, describe, expect, test } from 'vitest';
import { evidenceOfRequest } from '../../../test/builders/evidence-of-request.ts';
import type { EvidenceRecord } from '../../core/evidence/evidence-record.ts';
import { EvidenceError } from '../../ports/evidence-reader.ts';
import { FakeAccessReview } from '../../ports/fake-access-review.ts';
import { FakeEvidenceReader } from '../../ports/fake-evidence-reader.ts';
import { evidenceQuery, listEvidence } from './evidence.ts';
import type { Viewer } from './viewer.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const never = new AbortController().signal;
const BOB = { username: 'bob', groups: ['sre'], claim: { id: 'bob' }, voter: { kind: 'NoEntry' } } as unknown as Viewer;
const ALARM = {
  seq: 9_000,
  prev: '0'.repeat(64),
  time: '2026-11-20T11:00:00.000Z',
  kind: 'Alarm',
  id: 'alarm/1',
  data: { alarm: 'GateRemoved', message: 'eve deleted the gate', at: '2026-11-20T11:00:00Z', evidence: [] },
} as EvidenceRecord;

let reader: FakeEvidenceReader;
let accessReview: FakeAccessReview;

beforeEach(() => {
  reader = new FakeEvidenceReader([...evidenceOfRequest(), ALARM]);
  accessReview = new FakeAccessReview(({ namespace }) => namespace === 'prod');
});

async function ask(query: object) {
  const answer = await listEvidence(evidenceQuery.parse(query), BOB, { reader, accessReview, now: () => NOW }, never);
  return answer.kind === 'List' ? answer.list.items.map(({ kind, outcome }) => `${kind} ${outcome}`) : answer.kind;
}

describe('evidence in the console', () => {
  test('is shown where the cluster lets the viewer list records, with all groups of who is signed in', async () => {
    expect(await ask({ namespace: 'prod', kind: 'Vote' })).toEqual(['Vote Approve']);
    expect(accessReview.asked).toMatchObject([
      {
        user: { username: 'bob', groups: ['sre', 'system:authenticated'] },
        verb: 'list',
        group: 'evidence.sallyport.dev',
        resource: 'records',
        namespace: 'prod',
      },
    ]);
  });

  test('of all namespaces, or of another, is not read for who may not', async () => {
    expect(await ask({})).toBe('Forbidden');
    expect(await ask({ namespace: 'dev' })).toBe('Forbidden');
    accessReview.failure = new Error('away');
    expect(await ask({ namespace: 'prod' })).toBe('Forbidden');
    expect(reader.queries).toEqual([]);
  });

  test('of another namespace is in no answer, even where the reader errs', async () => {
    reader.find = () => Promise.resolve({ found: reader.records.map((record) => ({ ledger: 'l', record })) });
    expect(await ask({ namespace: 'prod' })).not.toContain('Alarm GateRemoved');
  });

  test('of a request has the events of the API server, joined by the decision, the newest first', async () => {
    expect(await ask({ namespace: 'prod', request: 'prod/exec-web-0-7f3c1a9e' })).toEqual([
      'AuditEvent 101',
      'Request Consumed',
      'Use Used',
      'Decision Allowed',
      'Request Approved',
      'Vote Approve',
      'Request Pending',
      'Decision Asked',
    ]);
  });

  test('without events of the API server and of the last day, unless it is said otherwise', async () => {
    expect(await ask({ namespace: 'prod' })).not.toContain('AuditEvent 101');
    expect(await ask({ namespace: 'prod', kind: 'AuditEvent' })).toEqual(['AuditEvent 101']);
    expect(await ask({ namespace: 'prod', since: '1h' })).toEqual([]);
    expect(await ask({ namespace: 'prod', since: 'yesterday' })).toBe('BadRequest');
    expect(await ask({ namespace: 'prod', kind: 'Segment2' })).toBe('BadRequest');
  });

  test('that cannot be searched is told', async () => {
    reader.failure = new EvidenceError('Unavailable', 'away');
    await expect(ask({ namespace: 'prod' })).rejects.toThrow('away');
  });
});
