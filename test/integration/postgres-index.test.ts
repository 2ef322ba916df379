import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EvidenceIndex } from '../../src/audit/index/evidence-index.ts';
import { connectionOf } from '../../src/audit/index/postgres/connection.ts';
import { openPostgresIndex, type PostgresIndexOptions } from '../../src/audit/index/postgres/postgres-index.ts';
import { searchStatement } from '../../src/audit/index/postgres/statements.ts';
import { searchOf } from '../../src/audit/index/search.ts';
import { createSegmentLines } from '../../src/audit/index/segment-lines.ts';
import type { EvidenceQuery } from '../../src/core/evidence/query.ts';
import { decisionSubmission, eventSubmission, type SegmentsOnDisk, writeSegments } from '../builders/stored-records.ts';
import { describeIndex } from '../harness/evidence-index-cases.ts';
import { type Postgres, startPostgres } from '../harness/postgres.ts';
import { testCertificates } from '../harness/test-certificates.ts';

const ONE = '6a5e1c1e-4f0e-4b7e-9d10-0c64d2f5a001';
const OTHER = 'fa5e1c1e-4f0e-4b7e-9d10-0c64d2f5a002';
const NEVER = new AbortController().signal;

let server: Postgres;
const folders: string[] = [];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

function optionsOf(url: string, directory: string, ledger: string): PostgresIndexOptions {
  const lines = createSegmentLines(directory);
  return { connection: connectionOf(url), ledger, lines, connections: 4, connectMs: 30_000, searchMs: 30_000 };
}

let shared: Promise<string> | undefined;
function sharedUrl(): Promise<string> {
  shared ??= server.url();
  return shared;
}

describeIndex('in PostgreSQL', {
  makeOld: async () => {
    const database = new URL(await sharedUrl()).pathname.slice(1);
    await server.query(database, 'UPDATE sallyport_evidence.ledgers SET version = 1');
  },
  open: async (directory, ledger) => openPostgresIndex(optionsOf(await sharedUrl(), directory, ledger)),
  destroy: async () => {
    const database = new URL(await sharedUrl()).pathname.slice(1);
    await server.query(database, 'DROP SCHEMA IF EXISTS sallyport_evidence CASCADE');
  },
});

describe('one index in PostgreSQL', () => {
  const segmentsIn = async (): Promise<{ readonly directory: string; readonly segments: SegmentsOnDisk }> => {
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-postgres-'));
    folders.push(directory);
    return { directory, segments: writeSegments(directory) };
  };
  const idsOf = async (index: EvidenceIndex, query: EvidenceQuery): Promise<string[]> =>
    (await index.find(searchOf(query, undefined), NEVER)).hits.map(({ ledger, id }) => `${ledger.slice(0, 1)} ${id}`);

  test('of two replicas finds what is in both ledgers, with the lines of both', async () => {
    const url = await server.url();
    const [a, b] = [await segmentsIn(), await segmentsIn()];
    await using one = await openPostgresIndex(optionsOf(url, a.directory, ONE));
    await using other = await openPostgresIndex(optionsOf(url, b.directory, OTHER));
    await one.add(await a.segments.write('2026-11-20T10:00:00.000Z', [decisionSubmission({ id: '1' })]));
    await other.add(await b.segments.write('2026-11-20T10:00:01.000Z', [decisionSubmission({ id: '2' })]));
    await one.add(await a.segments.write('2026-11-20T10:00:01.000Z', [decisionSubmission({ id: '3' })]));
    await rm(a.directory, { recursive: true });
    const expected = ['f decision/2', '6 decision/3', '6 decision/1'];
    expect(await idsOf(one, { limit: 10 })).toEqual(expected);
    expect(await idsOf(other, { limit: 10 })).toEqual(expected);
    const first = await other.find(searchOf({ limit: 1 }, undefined), NEVER);
    const rest = await one.find(searchOf({ limit: 5 }, first.hits[0]), NEVER);
    expect(rest.hits.map(({ id }) => id)).toEqual(['decision/3', 'decision/1']);
    const line = rest.hits[0]?.line;
    expect(line?.in === 'Index' && JSON.parse(Buffer.from(line.bytes).toString())).toMatchObject({ id: 'decision/3' });
    await one.forget(2);
    expect(await idsOf(other, { limit: 10 })).toEqual(['f decision/2', '6 decision/3']);
    await one.clear();
    expect(await idsOf(other, { limit: 10 })).toEqual(['f decision/2']);
  });

  test('is made once by many that start at once', async () => {
    const url = await server.url();
    const { directory } = await segmentsIn();
    const opened = await Promise.all([1, 2, 3, 4].map(() => openPostgresIndex(optionsOf(url, directory, ONE))));
    await Promise.all(opened.map((index) => index[Symbol.asyncDispose]()));
    const database = new URL(url).pathname.slice(1);
    expect(await server.query(database, 'SELECT version FROM sallyport_evidence.migrations')).toEqual([
      { version: 1 },
      { version: 2 },
    ]);
  });

  test('of a newer version is left alone', async () => {
    const url = await server.url();
    const { directory } = await segmentsIn();
    await (await openPostgresIndex(optionsOf(url, directory, ONE)))[Symbol.asyncDispose]();
    await server.query(new URL(url).pathname.slice(1), 'INSERT INTO sallyport_evidence.migrations VALUES (99)');
    await expect(openPostgresIndex(optionsOf(url, directory, ONE))).rejects.toThrow('of version 99, and this is 2');
  });

  test('does not keep a line that is not the one which the ledger has read', async () => {
    const { directory, segments } = await segmentsIn();
    await using index = await openPostgresIndex(optionsOf(await server.url(), directory, ONE));
    const [record] = await segments.write('2026-11-20T10:00:00.000Z', [eventSubmission()]);
    if (record === undefined) throw new Error('nothing written');
    await expect(index.add([{ ...record, hash: 'a'.repeat(64) }])).rejects.toMatchObject({ code: 'Unavailable' });
    expect(await index.cursor()).toBeUndefined();
  });

  test('works again after the server was away', async () => {
    const { directory, segments } = await segmentsIn();
    await using index = await openPostgresIndex(optionsOf(await server.url(), directory, ONE));
    await index.add(await segments.write('2026-11-20T10:00:00.000Z', [decisionSubmission({ id: '1' })]));
    await server.stop();
    const more = await segments.write('2026-11-20T10:00:01.000Z', [decisionSubmission({ id: '2' })]);
    await expect(index.add(more)).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(idsOf(index, { limit: 5 })).rejects.toMatchObject({ code: 'Unavailable' });
    await server.start();
    await index.add(more);
    expect(await idsOf(index, { limit: 5 })).toEqual(['6 decision/2', '6 decision/1']);
  });

  test('ends a search that takes longer than it may', async () => {
    const url = await server.url();
    const { directory } = await segmentsIn();
    await using index = await openPostgresIndex({ ...optionsOf(url, directory, ONE), searchMs: 200 });
    const database = new URL(url).pathname.slice(1);
    await server.query(
      database,
      `ALTER TABLE sallyport_evidence.entries RENAME TO slow;
       CREATE VIEW sallyport_evidence.entries AS
         SELECT slow.* FROM pg_sleep(30) LEFT JOIN sallyport_evidence.slow ON true;
       GRANT SELECT ON sallyport_evidence.entries TO ${database}`,
    );
    await expect(idsOf(index, { limit: 5 })).rejects.toMatchObject({ code: 'Slow' });
  });

  const common: Readonly<Record<string, Omit<EvidenceQuery, 'limit'>>> = {
    'everything, newest first': {},
    'everything, oldest first': { order: 'OldestFirst' },
    'a stretch of time': { since: '2026-11-20T10:00:00Z', until: '2026-11-20T10:01:00Z' },
    'some kinds': { kinds: ['Decision', 'Vote', 'Alarm'] },
    'what a user did since': { user: 'user-7', since: '2026-11-20T10:00:00Z' },
    'one object': { namespace: 'ns-3', name: 'name-77', resource: 'pods' },
    'what a person did': { person: 'user-7' },
    'what a person did, since': { person: 'user-7', verb: 'get', since: '2026-11-20T10:00:00Z' },
    'one request': { request: 'ns/none' },
    'one decision': { decision: 'd-77' },
    'what was deleted': { verb: 'delete' },
    'what was denied': { outcome: 'Denied' },
  };
  test('goes along an index for each common query, and never through the whole table', async () => {
    const url = await server.url();
    const { directory } = await segmentsIn();
    await (await openPostgresIndex(optionsOf(url, directory, ONE)))[Symbol.asyncDispose]();
    const database = new URL(url).pathname.slice(1);
    await server.query(
      database,
      `INSERT INTO sallyport_evidence.entries (ledger, seq, at, kind, id, "user", verb, resource, namespace, name, outcome, hash, line)
       SELECT '${ONE}', n, 1795168800000000 + n * 1000, 'AuditEvent', 'e/' || n, 'user-' || n % 50, 'get', 'pods', 'ns-' || n % 20,
         'name-' || n % 1000, '200', '\\x00', convert_to(repeat('x', 400), 'UTF8')
       FROM generate_series(1, 50000) AS n`,
    );
    await server.query(database, 'ANALYZE sallyport_evidence.entries');
    for (const [name, query] of Object.entries(common)) {
      const { text, values } = searchStatement(
        searchOf({ ...query, limit: 50 }, { at: 1795168830000000, ledger: ONE, seq: 3 }, (person) => [
          person,
          'user-8',
        ]),
      );
      const plan = await server.query<{ 'QUERY PLAN': string }>(database, `EXPLAIN ${text}`, values);
      const lines = plan.map((row) => row['QUERY PLAN']);
      expect(lines.join('\n'), name).toMatch(/Index Scan/);
      expect(lines.join('\n'), name).not.toMatch(/Seq Scan/);
    }
  });
});

test('the index in PostgreSQL speaks TLS, and only with a server whose certificate is true', async () => {
  const [{ ca, cert, key }] = testCertificates('client');
  await using secure = await startPostgres({ tls: { cert, key } });
  const url = await secure.url();
  const directory = '/nowhere';
  const options = optionsOf(url, directory, ONE);
  const [{ ca: foreign }] = testCertificates('client');
  await using index = await openPostgresIndex({ ...options, connection: connectionOf(url, undefined, ca) });
  expect(await index.cursor()).toBeUndefined();
  await expect(openPostgresIndex(options)).rejects.toMatchObject({ code: 'Unavailable' });
  await expect(
    openPostgresIndex({ ...options, connection: connectionOf(url, undefined, foreign) }),
  ).rejects.toMatchObject({ code: 'Unavailable', message: expect.stringMatching(/certificate|signature/) });
});
