import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditEvent } from '../../../test/builders/audit-events.ts';
import { decisionRecord } from '../../../test/builders/decision-record.ts';
import { startReadApi } from '../../../test/harness/read-api.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import type { Submission } from '../../core/evidence/evidence-record.ts';
import type { RecordList, RecordObject } from '../../core/evidence/record-object.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import { EvidenceError } from '../../ports/evidence-reader.ts';
import { FakeAccessReview } from '../../ports/fake-access-review.ts';
import { FakeEvidenceReader } from '../../ports/fake-evidence-reader.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import { createLedgerSource } from './record-source.ts';

const [PROXY, SOMEBODY] = testCertificates('front-proxy', 'somebody');
const [OTHER_CA] = testCertificates('front-proxy');
const RECORDS = '/apis/evidence.sallyport.dev/v1alpha1';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

const decision = (id: string, namespace: string | undefined, username = 'alice'): Submission => {
  const { namespace: _namespace, ...rest } = decisionRecord({ id, at: new Date().toISOString(), user: { username } });
  return {
    kind: 'Decision',
    id: `decision/${id}`,
    data: { ...rest, ...(namespace === undefined ? {} : { namespace }), request: `${namespace}/exec` },
  };
};

describe('the API of evidence', () => {
  let reader: FakeEvidenceReader;
  let ledger: FakeLedger;
  let accessReview: FakeAccessReview;
  let api: Awaited<ReturnType<typeof startReadApi>>;
  let usernames: Readonly<Record<string, readonly string[]>> | undefined;
  const closing = new AbortController();
  const agents: Agent[] = [];

  beforeEach(async () => {
    usernames = { Alice: ['alice', 'alice-admin'] };
    ledger = new FakeLedger(systemClock);
    reader = new FakeEvidenceReader();
    // bob may read in prod, carol everywhere.
    accessReview = new FakeAccessReview(
      ({ user, namespace }) => user.username === 'carol' || (user.username === 'bob' && namespace === 'prod'),
    );
    api = await startReadApi(PROXY, {
      accessReview,
      reader,
      source: createLedgerSource(ledger, () => ledger.head()?.seq, systemClock),
      usernamesOf: (person) => usernames?.[person] ?? (usernames === undefined ? undefined : [person]),
      indexed: () => ledger.head()?.seq,
      ledger,
      closing: closing.signal,
    });

    await add(decision('d-1', 'prod'), decision('d-2', 'dev'), decision('d-3', undefined));
  });

  afterEach(async () => {
    for (const agent of agents.splice(0)) agent.destroy();
    await api[Symbol.asyncDispose]();
  });

  async function add(...submissions: readonly Submission[]): Promise<void> {
    await ledger.append(submissions);
    reader.records = ledger.records;
  }

  interface Asked {
    readonly user?: string;
    readonly tls?: { readonly clientCert: string; readonly clientKey: string } | undefined;
    readonly headers?: Readonly<Record<string, string | string[]>>;
    readonly method?: string;
  }

  function open(path: string, { user, tls = PROXY, headers = {}, method = 'GET' }: Asked = {}) {
    const agent = new Agent({ ca: PROXY.ca, cert: tls.clientCert, key: tls.clientKey });
    agents.push(agent);
    const named = user === undefined ? {} : { 'X-Remote-User': user };
    return request({ host: '127.0.0.1', port: api.port, path, method, agent, headers: { ...named, ...headers } });
  }

  function get(
    path: string,
    asked: Asked = {},
  ): Promise<{ readonly code: number; readonly body: unknown; readonly warnings: string; readonly type: string }> {
    return new Promise((resolve, reject) => {
      const call = open(path, asked);
      call.on('error', reject);
      call.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            code: response.statusCode ?? 0,
            body: JSON.parse(Buffer.concat(chunks).toString() || 'null'),
            warnings: response.headers['warning'] ?? '',
            type: response.headers['content-type'] ?? '',
          }),
        );
      });
      call.end();
    });
  }

  const listed = async (path: string, user = 'carol') => {
    const { body } = await get(path, { user });
    return (body as RecordList).items.map(({ entry }) => entry.decision);
  };

  const strangers: Record<string, Asked> = {
    'a client with another certificate of the same authority': { user: 'carol', tls: SOMEBODY },
    'a client with that name from another authority': { user: 'carol', tls: OTHER_CA },
    'the front proxy that names nobody': {},
  };
  test.each(Object.entries(strangers))('%s is nobody, whatever the headers say', async (_sentence, asked) => {
    for (const path of [`${RECORDS}/records`, '/apis', RECORDS])
      expect(await get(path, asked)).toMatchObject({ code: 401 });
    expect(accessReview.asked).toEqual([]);
  });

  test('asks the cluster about the caller with groups and extra, as the front proxy says them', async () => {
    await get(`${RECORDS}/namespaces/prod/records`, {
      user: 'bob',
      headers: { 'X-Remote-Group': ['sre', 'system:authenticated'], 'X-Remote-Extra-example.com%2fa': 'x' },
    });
    expect(accessReview.asked).toEqual([
      {
        user: { username: 'bob', uid: '', groups: ['sre', 'system:authenticated'], extra: { 'example.com/a': ['x'] } },
        verb: 'list',
        group: 'evidence.sallyport.dev',
        version: 'v1alpha1',
        resource: 'records',
        subresource: '',
        namespace: 'prod',
        name: '',
      },
    ]);
  });

  test('shows what is of a namespace to who may read there; all, and what has none, to who may read everywhere', async () => {
    expect(await listed(`${RECORDS}/namespaces/prod/records`, 'bob')).toEqual(['d-1']);
    expect(await listed(`${RECORDS}/namespaces/dev/records`)).toEqual(['d-2']);
    expect(new Set(await listed(`${RECORDS}/records`))).toEqual(new Set(['d-1', 'd-2', 'd-3']));
    for (const path of ['/records', '/namespaces/dev/records', '/records?watch=true']) {
      expect(await get(`${RECORDS}${path}`, { user: 'bob' })).toMatchObject({
        code: 403,
        body: { kind: 'Status', reason: 'Forbidden', message: expect.stringContaining('User "bob" cannot') },
      });
    }
  });

  test('shows nothing of another namespace, even where the index errs', async () => {
    reader.find = () =>
      Promise.resolve({ found: ledger.records.map((record) => ({ ledger: ledger.id, record })), next: 'more' });
    expect(await listed(`${RECORDS}/namespaces/prod/records`, 'bob')).toEqual(['d-1']);
  });

  test('when the cluster gives no answer nobody reads', async () => {
    accessReview.failure = new Error('away');
    expect(await get(`${RECORDS}/records`, { user: 'carol' })).toMatchObject({ code: 403 });
  });

  test('a record is got by its name, in its namespace alone', async () => {
    const { body } = await get(`${RECORDS}/namespaces/prod/records`, { user: 'bob' });
    const [one] = (body as RecordList).items;
    const name = one?.metadata.name ?? '';
    expect(name).toMatch(/^[0-9a-z]{10,11}-1-00000000$/);
    expect(await get(`${RECORDS}/namespaces/prod/records/${name}`, { user: 'bob' })).toMatchObject({
      code: 200,
      body: one,
    });
    expect(await get(`${RECORDS}/namespaces/dev/records/${name}`, { user: 'carol' })).toMatchObject({ code: 404 });
    expect(await get(`${RECORDS}/namespaces/prod/records/none`, { user: 'bob' })).toMatchObject({ code: 404 });
  });

  test('goes on where a page ended, with the query as it was', async () => {
    const first = (await get(`${RECORDS}/records?limit=2&since=2h`, { user: 'carol' })).body as RecordList;
    const token = encodeURIComponent(first.metadata.continue ?? '');
    const second = await get(`${RECORDS}/records?limit=2&since=2h&continue=${token}`, { user: 'carol' });
    const rest = second.body as RecordList;
    expect([...first.items, ...rest.items]).toHaveLength(3);
    expect(rest.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    expect(reader.queries[1]).toEqual({ ...reader.queries[0], after: expect.stringMatching(/^fake-2-/) });
    expect(await get(`${RECORDS}/records?continue=x`, { user: 'carol' })).toMatchObject({ code: 410 });
  });

  test('says what it took for granted, and leaves out the events of the API server unless they are asked for', async () => {
    await add({
      kind: 'AuditEvent',
      id: 'event/1',
      data: auditEvent(1, { stageTimestamp: new Date().toISOString(), user: { username: 'alice' } }),
    });
    const plain = await get(`${RECORDS}/records`, { user: 'carol' });
    expect((plain.body as RecordList).items).toHaveLength(3);
    expect(plain.warnings).toContain('the last 24 h');
    const any = await get(`${RECORDS}/records?fieldSelector=kind%3DAny,since%3D1d`, { user: 'carol' });
    expect((any.body as RecordList).items).toHaveLength(4);
    expect(any.warnings).toBe('');
  });

  test.each([
    ['an unknown selector', 'fieldSelector=color%3Dred'],
    ['a selector that excludes', 'fieldSelector=user!%3Dalice'],
    ['a time that is none', 'since=yesterday'],
    ['a kind that there is not', 'kind=Vote|Nothing'],
    ['a label selector', 'labelSelector=a%3Db'],
    ['one thing said twice', 'user=alice&fieldSelector=user%3Dbob'],
    ['a limit that is none', 'limit=many'],
  ])('refuses %s', async (_sentence, query) => {
    expect(await get(`${RECORDS}/records?${query}`, { user: 'carol' })).toMatchObject({ code: 400 });
    expect(reader.queries).toEqual([]);
  });

  test('is a Table for kubectl', async () => {
    const { body } = await get(`${RECORDS}/namespaces/prod/records`, { user: 'bob', headers: { Accept: TABLE } });
    expect(body).toMatchObject({
      kind: 'Table',
      rows: [
        {
          cells: [expect.any(String), expect.any(String), 'Decision', 'alice', 'connect', 'pods/exec web-0', ...REST],
          object: { kind: 'PartialObjectMetadata', metadata: { namespace: 'prod' } },
        },
      ],
    });
  });

  test('says 503 while nothing can be searched, 404 and 405 to what there is not', async () => {
    reader.failure = new EvidenceError('Unavailable', 'the index of the evidence is not open');
    expect(await get(`${RECORDS}/records`, { user: 'carol' })).toMatchObject({
      code: 503,
      body: { message: 'the index of the evidence is not open' },
    });
    expect(await get(`${RECORDS}/secrets`, { user: 'carol' })).toMatchObject({ code: 404 });
    expect(await get(`${RECORDS}/namespaces/PROD/records`, { user: 'carol' })).toMatchObject({ code: 404 });
    expect(await get(`${RECORDS}/records`, { user: 'carol', method: 'DELETE' })).toMatchObject({ code: 405 });
  });

  test('is discovered: aggregated, and as it was before', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const aggregated = await get('/apis', { user: 'system:aggregator', headers: { Accept: accept } });
    expect(aggregated.type).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(aggregated.body).toMatchObject({
      items: [{ versions: [{ resources: [{ resource: 'records' }, { resource: 'backtests', verbs: ['create'] }] }] }],
    });
    expect((await get('/apis', { user: 'x' })).body).toMatchObject({ kind: 'APIGroupList' });
    expect((await get(RECORDS, { user: 'x' })).body).toMatchObject({
      resources: [
        { name: 'records', kind: 'Record' },
        { name: 'backtests', kind: 'Backtest' },
      ],
    });
    const v3 = (await get('/openapi/v3', { user: 'x' })).body as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    const [where] = Object.values(v3.paths);
    expect((await get(where?.serverRelativeURL ?? '', { user: 'x' })).body).toMatchObject({ openapi: '3.0.0' });
  });

  test('follows: what comes after the list, of that namespace, as it becomes durable', async () => {
    const { body } = await get(`${RECORDS}/namespaces/prod/records`, { user: 'bob' });
    const { resourceVersion } = (body as RecordList).metadata;
    const path = `${RECORDS}/namespaces/prod/records?watch=true&resourceVersion=${resourceVersion}`;
    const call = open(path, { user: 'bob' });
    const lines = new Promise<AsyncIterator<string>>((resolve) => {
      call.on('response', (response) => resolve(createInterface({ input: response })[Symbol.asyncIterator]()));
    });
    call.end();
    const next = async () => JSON.parse((await (await lines).next()).value ?? 'null') as { object: RecordObject };
    await add(decision('d-4', 'dev'), decision('d-5', 'prod'));
    expect((await next()).object.entry).toMatchObject({ decision: 'd-5' });
    await add(decision('d-6', 'prod'));
    expect(await next()).toMatchObject({
      type: 'ADDED',
      object: { entry: { decision: 'd-6' }, metadata: { resourceVersion: '70000000000' } },
    });
    call.destroy();
  });

  test('follows a person by the map of now, and refuses to guess while there is none', async () => {
    const path = `${RECORDS}/records?watch=true&person=Alice&resourceVersion=${(await version()) ?? ''}`;
    const call = open(path, { user: 'carol' });
    const lines = new Promise<AsyncIterator<string>>((resolve) => {
      call.on('response', (response) => resolve(createInterface({ input: response })[Symbol.asyncIterator]()));
    });
    call.end();
    const next = async () => JSON.parse((await (await lines).next()).value ?? 'null') as { object: RecordObject };
    await add(
      decision('d-4', 'prod', 'mallory'),
      decision('d-5', 'prod', 'alice-admin'),
      decision('d-6', 'prod', 'Alice'),
    );
    expect((await next()).object.entry).toMatchObject({ decision: 'd-5', user: 'alice-admin' });
    usernames = { Alice: ['mallory'] };
    await add(decision('d-7', 'prod', 'alice'), decision('d-8', 'prod', 'mallory'));
    expect((await next()).object.entry).toMatchObject({ decision: 'd-8' });
    call.destroy();
    usernames = undefined;
    expect(await get(path, { user: 'carol' })).toMatchObject({ code: 503 });
  });

  const version = async () =>
    ((await get(`${RECORDS}/records`, { user: 'carol' })).body as RecordList).metadata.resourceVersion;

  test('a watch from the version of another ledger is told to list again', async () => {
    const path = `${RECORDS}/records?watch=true&resourceVersion=84294967295`;
    expect(await get(path, { user: 'carol' })).toMatchObject({ code: 410, body: { reason: 'Expired' } });
  });
});

const REST = ['Asked', 'prod/exec', '', 'd-1', 1].map((each, index) => (index === 0 ? expect.any(String) : each));
