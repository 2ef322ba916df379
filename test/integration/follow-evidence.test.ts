import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createIndexEvents } from '../../src/audit/index/index-events.ts';
import { keepIndex } from '../../src/audit/index/keep-index.ts';
import { connectionOf } from '../../src/audit/index/postgres/connection.ts';
import { openPostgresIndex } from '../../src/audit/index/postgres/postgres-index.ts';
import { createSegmentLines } from '../../src/audit/index/segment-lines.ts';
import { openLedger } from '../../src/audit/ledger/open-ledger.ts';
import type { RecordCursor, RecordSource } from '../../src/audit/read-api/record-source.ts';
import { createSharedSource } from '../../src/audit/read-api/shared-source.ts';
import type { Selection } from '../../src/audit/read-api/selection.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { ledgerDeps, ledgerOptions } from '../builders/ledger.ts';
import { decisionSubmission, eventSubmission } from '../builders/stored-records.ts';
import { achieves } from '../harness/achieves.ts';
import { type Postgres, startPostgres } from '../harness/postgres.ts';

const ONE = '6a5e1c1e-4f0e-4b7e-9d10-0c64d2f5a001';
const OTHER = 'fa5e1c1e-4f0e-4b7e-9d10-0c64d2f5a002';

/** A replica of the audit role: a ledger on a disk of its own, and the index that it shares. */
interface Replica extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly source: RecordSource;
  readonly told: string[];
  indexed(): number;
}

let server: Postgres;
let url: string;
let one: Replica;
let other: Replica;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  url = await server.url();
  one = await startReplica(ONE);
  other = await startReplica(OTHER);
});
afterEach(async () => {
  await one[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

async function startReplica(id: string): Promise<Replica> {
  const directory = await mkdtemp(join(tmpdir(), 'follow-evidence-'));
  const ledger = await openLedger(ledgerOptions(directory), ledgerDeps(systemClock, { newId: () => id }));
  const lines = createSegmentLines(directory);
  const options = {
    connection: connectionOf(url),
    ledger: id,
    lines,
    connections: 2,
    connectMs: 5_000,
    searchMs: 5_000,
  };
  const kept = keepIndex({
    ledger,
    open: () => openPostgresIndex(options),
    limits: { records: 500, bytes: 4_000_000 },
    clock: systemClock,
    random: () => 0,
    events: createIndexEvents(silentLogger, createMetrics({ processMetrics: false })),
  });
  const stop = new AbortController();
  const running = kept.run(stop.signal);
  const told: string[] = [];
  const source = createSharedSource({
    shared: () => kept.current()?.shared,
    usernamesOf: (person) => (person === 'Bob' ? ['bob', 'bob@example.com'] : [person]),
    clock: systemClock,
    events: {
      unreadable: ({ seq, why }) => told.push(`${seq} ${why}`),
      unanswered: (what) => told.push(what),
    },
  });
  await achieves('the index to be open', async () => source.version());
  return {
    ledger,
    source,
    told,
    indexed: () => kept.indexed(),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await ledger[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const decide = (replica: Replica, ...ids: readonly string[]) =>
  replica.ledger.append(ids.map((id) => decisionSubmission({ id, user: { username: 'alice' } })));

const follow = (replica: Replica, version: string, selection: Partial<Selection> = {}) =>
  replica.source.from(version, { selection: { kinds: ['Decision'], ...selection }, namespace: undefined });

/** What a cursor gives until there are so many: ids of decisions, and the version behind each. */
async function take(cursor: RecordCursor, count: number): Promise<{ readonly id: string; readonly version: string }[]> {
  const seen: { id: string; version: string }[] = [];
  const over = AbortSignal.timeout(20_000);
  while (seen.length < count && !over.aborted) {
    const records = await cursor.next();
    seen.push(...records.map(({ record, version }) => ({ id: record.id.replace('decision/', ''), version })));
    if (records.length === 0) await cursor.news(1_000, over);
  }
  return seen;
}

const idsOf = (seen: readonly { readonly id: string }[]) => seen.map(({ id }) => id);

describe('following one index of two replicas, each with its ledger', () => {
  test('at either of them shows what both write, once, and goes on at the other where it ended', async () => {
    await decide(one, 'before');
    await achieves('it to be indexed', async () => expect(one.indexed()).toBe(one.ledger.head()?.seq));
    using cursor = await follow(one, await one.source.version());
    await decide(one, 'one-1', 'one-2');
    await decide(other, 'other-1');
    const first = await take(cursor, 3);
    expect(idsOf(first).toSorted()).toEqual(['one-1', 'one-2', 'other-1']);

    await decide(other, 'other-2');
    await decide(one, 'one-3');
    // As a client whose connection broke behind the second record.
    using resumed = await follow(other, first[1]?.version ?? '');
    expect(idsOf(await take(resumed, 3)).toSorted()).toEqual([first[2]?.id ?? '', 'one-3', 'other-2'].toSorted());
    expect(await resumed.next()).toEqual([]);
  });

  test('misses nothing of a replica that began to write before another, and is seen after it', async () => {
    await decide(other, 'first');
    await achieves('both to be indexed', async () => expect(other.indexed()).toBe(other.ledger.head()?.seq));
    using cursor = await follow(one, await one.source.version());
    // Somebody holds the row that `other` writes last: its records stand in its transaction, and nobody sees them.
    await using held = await holdLedger(OTHER);
    await decide(other, 'late-1', 'late-2');
    await achieves('the other to wait', async () => expect(await held.waiting()).toBe(1));
    await decide(one, 'early-1');
    const early = await take(cursor, 1);
    expect(idsOf(early)).toEqual(['early-1']);
    await held.release();
    expect(idsOf(await take(cursor, 2))).toEqual(['late-1', 'late-2']);
    // And for whoever comes back with what they had when they were not seen yet.
    using resumed = await follow(one, early[0]?.version ?? '');
    expect(idsOf(await take(resumed, 2))).toEqual(['late-1', 'late-2']);
  });

  test('shows a ledger that comes later from its first record', async () => {
    using cursor = await follow(one, await one.source.version());
    await using late = await startReplica('aa5e1c1e-4f0e-4b7e-9d10-0c64d2f5a003');
    await decide(late, 'new-1', 'new-2');
    expect(idsOf(await take(cursor, 2))).toEqual(['new-1', 'new-2']);
  });

  test('passes over what nobody asked for, and finds a person by the map of now', async () => {
    using cursor = await follow(one, await one.source.version(), { kinds: ['Decision', 'AuditEvent'], person: 'Bob' });
    await one.ledger.append(Array.from({ length: 700 }, (_, at) => eventSubmission({ auditID: `a-${at}` })));
    await one.ledger.append([eventSubmission({ auditID: 'b', user: { username: 'bob@example.com' } })]);
    await other.ledger.append([decisionSubmission({ id: 'b', user: { username: 'x', person: 'Bob' } })]);
    const seen = await take(cursor, 2);
    expect(idsOf(seen).filter((id) => !id.startsWith('event/'))).toEqual(['b']);
    expect(seen).toHaveLength(2);
    expect(await cursor.next()).toEqual([]);
  });

  test('does not show a line that is not what was indexed, and says so', async () => {
    using cursor = await follow(one, await one.source.version());
    await decide(other, 'true');
    await achieves('it to be indexed', async () => expect(other.indexed()).toBe(other.ledger.head()?.seq));
    const forged = `UPDATE sallyport_evidence.entries SET line = convert_to('{}', 'UTF8') WHERE id = 'decision/true'`;
    await server.query(new URL(url).pathname.slice(1), forged);
    await decide(other, 'next');
    expect(idsOf(await take(cursor, 1))).toEqual(['next']);
    expect(one.told).toEqual(['2 Changed']);
  });

  test('waits for a database that is away, and goes on where it was', async () => {
    using cursor = await follow(one, await one.source.version());
    await decide(one, 'a');
    expect(idsOf(await take(cursor, 1))).toEqual(['a']);
    await server.stop();
    await decide(one, 'b');
    await achieves('it to be said', async () => {
      expect(await cursor.next()).toEqual([]);
      expect(one.told).toEqual(['the index cannot be followed; it is asked again']);
    });
    await expect(one.source.version()).rejects.toMatchObject({ code: 'Unavailable' });
    await server.start();
    expect(idsOf(await take(cursor, 1))).toEqual(['b']);
  });
});

/** Locks the row of a ledger, as nothing of ours does, so that its next batch waits before it commits. */
async function holdLedger(ledger: string) {
  const { hostname, port, username, password, pathname } = new URL(url);
  const client = new Client({
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: pathname.slice(1),
  });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM sallyport_evidence.ledgers WHERE ledger = $1 FOR UPDATE', [ledger]);
  let over = false;
  const release = async (): Promise<void> => {
    if (over) return;
    over = true;
    await client.query('ROLLBACK');
    await client.end();
  };
  return {
    waiting: async (): Promise<number> => {
      const { rows } = await client.query<{ waiting: string }>(
        `SELECT count(*) AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return Number(rows[0]?.waiting);
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}
