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
  data: {
    alarm: 'GateRemoved',
    message: 'eve deleted the gate',
    at: '2026-11-20T11:00:00Z',
    verb: 'delete',
    evidence: ['event/1'],
  },
} as EvidenceRecord;

let reader: FakeEvidenceReader;
let accessReview: FakeAccessReview;

beforeEach(() => {
  reader = new FakeEvidenceReader([...evidenceOfRequest(), ALARM]);
  accessReview = new FakeAccessReview(({ namespace }) => namespace === 'prod');
});

const PORTS = () => ({ reader, accessReview, now: () => NOW, systemNamespace: 'sallyport-system' });

async function ask(query: object) {
  const answer = await listEvidence(evidenceQuery.parse(query), BOB, PORTS(), never);
  return answer.kind === 'List' ? answer.list.items.map(({ kind, outcome }) => `${kind} ${outcome}`) : answer.kind;
}

const STORY = { namespace: 'prod', request: 'prod/exec-web-0-7f3c1a9e' };

async function listOf(query: object) {
  const answer = await listEvidence(evidenceQuery.parse(query), BOB, PORTS(), never);
  if (answer.kind !== 'List') throw new Error(answer.kind);
  return answer.list;
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

  test('of an alarm says what was done, and by which records that is proved', async () => {
    accessReview = new FakeAccessReview(() => true);
    const { items } = await listOf({ kind: 'Alarm' });
    expect(items).toMatchObject([{ what: 'ALARM GateRemoved', verb: 'delete', evidence: ['event/1'] }]);
  });

  test('of another namespace is in no answer, even where the reader errs', async () => {
    reader.find = () => Promise.resolve({ found: reader.records.map((record) => ({ ledger: 'l', record })) });
    expect(await ask({ namespace: 'prod' })).not.toContain('Alarm GateRemoved');
  });

  test('of a request is its story from the ask on, with the events of the API server, joined by the decision', async () => {
    expect(await ask(STORY)).toEqual([
      'Decision Asked',
      'Request Pending',
      'Vote Approve',
      'Request Approved',
      'Decision Allowed',
      'Use Used',
      'Request Consumed',
      'AuditEvent 101',
    ]);
    const list = await listOf(STORY);
    expect(list.items.map(({ what, detail }) => `${what} ${detail}`.trim())).toEqual([
      'asked CONNECT pods/exec prod/web-0 (ApprovalRequired)',
      'request Pending under production-exec "INC-7: disk is full"',
      'vote Approve by Kubernetes',
      'request Approved',
      'allowed CONNECT pods/exec prod/web-0 (Approved)',
      'approval used',
      'request Consumed',
      'API server 101 began get pods/exec web-0',
    ]);
    expect(list.untold).toEqual([]);
    reader.records = reader.records.filter(({ kind }) => kind !== 'AuditEvent');
    expect((await listOf(STORY)).untold).toEqual(['9e2b7f10-3c44-4d1e-b0a7-6a1f0c2d3e4f']);
  });

  test('of a decision is all that it joins', async () => {
    expect(await ask({ namespace: 'prod', decision: '9e2b7f10-3c44-4d1e-b0a7-6a1f0c2d3e4f' })).toEqual([
      'Decision Allowed',
      'Use Used',
      'AuditEvent 101',
    ]);
  });

  test('of a request for what has no namespace is of the whole cluster, for who may', async () => {
    const [asked] = reader.records.filter(({ kind }) => kind === 'Decision');
    const request = 'sallyport-system/delete-namespaces-shop-1';
    reader.records = [
      { ...asked, data: { ...asked?.data, namespace: undefined, request } } as unknown as EvidenceRecord,
    ];
    const story = { namespace: 'sallyport-system', request };
    accessReview = new FakeAccessReview(() => true);
    expect(await ask(story)).toEqual(['Decision Asked']);
    accessReview = new FakeAccessReview(({ namespace }) => namespace === 'sallyport-system');
    expect(await ask(story)).toEqual([]);
  });

  test('of a person is what a user of that name did as well, each once, in order, page by page', async () => {
    expect(await ask({ namespace: 'prod', person: 'alice' })).toEqual([
      'Request Consumed',
      'Use Used',
      'Decision Allowed',
      'Request Approved',
      'Request Pending',
      'Decision Asked',
    ]);
    const [vote] = reader.records.filter(({ kind }) => kind === 'Vote');
    // Votes of carol, and requests of alice's other name.
    reader.records = Array.from({ length: 170 }, (_, index) => {
      const at = new Date(NOW - 1_000 - Math.floor(index / 3) * 1_000).toISOString();
      const voter =
        index % 2 === 0 ? { username: 'c-admin', person: 'carol', groups: [] } : { username: 'carol', groups: [] };
      return { ...vote, seq: index + 1, id: `vote/${index}`, data: { ...vote?.data, voter, at } } as EvidenceRecord;
    });
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const list = await listOf({ namespace: 'prod', person: 'carol', ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...list.items.map(({ seq }) => seq));
      ({ cursor } = list);
    } while (cursor !== undefined && seen.length < 1_000);
    expect(seen.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 170 }, (_, index) => index + 1));
    const times = seen.map((seq) => Math.floor((seq - 1) / 3));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(
      await listEvidence(
        evidenceQuery.parse({ namespace: 'prod', person: 'carol', cursor: 'x' }),
        BOB,
        PORTS(),
        never,
      ).catch((error: EvidenceError) => error.code),
    ).toBe('BadQuery');
  });

  test('tells how far the index is behind', async () => {
    reader.behind = 4_000;
    expect((await listOf({ namespace: 'prod' })).behind).toBe(4_000);
    expect((await listOf({ namespace: 'prod', person: 'alice' })).behind).toBe(4_000);
  });

  test('without events of the API server and of the last day, unless it is said otherwise', async () => {
    expect(await ask({ namespace: 'prod' })).not.toContain('AuditEvent 101');
    expect(await ask({ namespace: 'prod', kind: 'AuditEvent' })).toEqual(['AuditEvent 101']);
    expect(await ask({ namespace: 'prod', since: '1h' })).toEqual([]);
    expect(await ask({ namespace: 'prod', until: '3h' })).toEqual([]);
    expect(await ask({ namespace: 'prod', since: 'yesterday' })).toBe('BadRequest');
    expect(await ask({ namespace: 'prod', until: 'now' })).toBe('BadRequest');
    expect(await ask({ namespace: 'prod', kind: 'Segment2' })).toBe('BadRequest');
  });

  test('that cannot be searched is told', async () => {
    reader.failure = new EvidenceError('Unavailable', 'away');
    await expect(ask({ namespace: 'prod' })).rejects.toThrow('away');
  });
});
