import { createHash } from 'node:crypto';
import { type PoolClient, Pool } from 'pg';
import type { StoredRecord } from '../../../ports/ledger.ts';
import { INDEX_VERSION, rowOf } from '../columns.ts';
import { type EvidenceIndex, type Hit, IndexError } from '../evidence-index.ts';
import type { SegmentLines } from '../segment-lines.ts';
import type { Connection } from './connection.ts';
import { migrate, SCHEMA } from './migrations.ts';
import { insertStatement, searchStatement, stretchStatement } from './statements.ts';

export interface PostgresIndexOptions {
  readonly connection: Connection;
  /** UUID of this process's ledger. Each replica has one of its own, and finds what is in all of them. */
  readonly ledger: string;
  /** Of this process's ledger. */
  readonly lines: SegmentLines;
  /** For searches; one more adds. */
  readonly connections: number;
  readonly connectMs: number;
  /** How long one search may take. */
  readonly searchMs: number;
}

export interface PostgresIndex extends EvidenceIndex {
  /** Why records were deleted at the start, one sentence each. */
  readonly deleted: readonly string[];
}

/** A batch takes tens of milliseconds; one that waits so long waits for a lock or a disk. */
const WRITE_MS = 60_000;
/** Rows that one statement deletes: locks and dead rows of one transaction stay few. */
const DELETED_AT_ONCE = 5_000;
/** Searches that wait for a connection; more are refused at once. */
const MAX_WAITING = 64;

interface FoundRow {
  readonly ledger: string;
  readonly seq: string;
  readonly at: string;
  readonly id: string;
  readonly hash: Buffer;
  readonly line: Buffer;
}

/**
 * One index for all replicas. The lines stand in it: a segment is on the disk of the replica that wrote it.
 *
 * @throws IndexError Unavailable
 */
export async function openPostgresIndex(options: PostgresIndexOptions): Promise<PostgresIndex> {
  const { connection, ledger, lines, connections, connectMs, searchMs } = options;
  const common = { ...connection, connectionTimeoutMillis: connectMs, keepAlive: true, application_name: 'sallyport' };
  const readers = new Pool({
    ...common,
    max: connections,
    statement_timeout: searchMs,
    query_timeout: searchMs + connectMs,
  });
  const writers = new Pool({ ...common, max: 1, statement_timeout: WRITE_MS, query_timeout: WRITE_MS + connectMs });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  for (const pool of [readers, writers]) pool.on('error', () => undefined);
  const withReader = <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => {
    if (readers.waitingCount >= MAX_WAITING) throw new IndexError('Unavailable', 'too many searches wait already');
    return withClient(readers, work);
  };
  let closed: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    closed ??= Promise.all([readers.end(), writers.end()]);
    await closed;
  };
  let deleted: readonly string[] = [];
  try {
    await withClient(writers, migrate);
    deleted = await withClient(writers, (client) => deleteOld(client, ledger));
  } catch (error) {
    await close();
    throw toldError(error);
  }

  return {
    deleted,
    cursor: () =>
      withClient(writers, async (client) => {
        const text = `SELECT first, last, hash FROM ${SCHEMA}.ledgers WHERE ledger = $1`;
        const { rows } = await client.query<{ first: string; last: string; hash: string }>(text, [ledger]);
        const [row] = rows;
        return row === undefined ? undefined : { first: Number(row.first), seq: Number(row.last), hash: row.hash };
      }),
    add: async (records) => {
      const last = records.at(-1);
      if (last === undefined) return;
      const first = records[0]?.seq ?? last.seq;
      const found = records.flatMap((record) => rowOf(record) ?? []);
      const read = await readLines(lines, records, new Set(found.map(({ seq }) => seq)));
      await inTransaction(writers, async (client) => {
        if (found.length > 0) await run(client, insertStatement(ledger, found, read));
        await client.query(
          `INSERT INTO ${SCHEMA}.ledgers AS known (ledger, first, last, hash, version) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (ledger) DO UPDATE SET last = excluded.last, hash = excluded.hash WHERE known.last < excluded.last`,
          [ledger, first, last.seq, last.hash, INDEX_VERSION],
        );
      });
    },
    find: async (search, signal) => {
      signal.throwIfAborted();
      const { text, values } = searchStatement(search);
      const { rows } = await unlessAborted(
        withReader((client) => client.query<FoundRow>(text, [...values])),
        signal,
      );
      return { hits: rows.slice(0, search.limit).map(hitOf), more: rows.length > search.limit };
    },
    shared: {
      reached: async () => {
        const text = `SELECT ledger, last FROM ${SCHEMA}.ledgers`;
        const { rows } = await withReader((client) => client.query<{ ledger: string; last: string }>(text));
        return new Map(rows.map((row) => [row.ledger, Number(row.last)]));
      },
      read: async (stretch, search, bytes) => {
        const { text, values } = stretchStatement(stretch, search, bytes);
        const { rows } = await withReader((client) => client.query<FoundRow>(text, [...values]));
        return rows.map(hitOf);
      },
    },
    forget: async (seq) => {
      await withClient(writers, async (client) => {
        await client.query(`UPDATE ${SCHEMA}.ledgers SET first = LEAST($2, last) WHERE ledger = $1 AND first < $2`, [
          ledger,
          seq,
        ]);
        await deleteBelow(client, ledger, seq);
      });
    },
    clear: async () => {
      await withClient(writers, async (client) => {
        // The cursor first: whoever dies in between begins anew all the same.
        await client.query(`DELETE FROM ${SCHEMA}.ledgers WHERE ledger = $1`, [ledger]);
        await deleteBelow(client, ledger, Number.MAX_SAFE_INTEGER);
      });
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Of this ledger alone: the others are their own processes' to make anew. */
async function deleteOld(client: PoolClient, ledger: string): Promise<readonly string[]> {
  const text = `SELECT version FROM ${SCHEMA}.ledgers WHERE ledger = $1`;
  const { rows } = await client.query<{ version: number }>(text, [ledger]);
  const [row] = rows;
  if (row === undefined || row.version === INDEX_VERSION) return [];
  // The version last: whoever dies in between finds it again.
  await deleteBelow(client, ledger, Number.MAX_SAFE_INTEGER);
  await client.query(`DELETE FROM ${SCHEMA}.ledgers WHERE ledger = $1`, [ledger]);
  return [`${ledger} is of version ${row.version}, not ${INDEX_VERSION}`];
}

async function deleteBelow(client: PoolClient, ledger: string, seq: number): Promise<void> {
  const text = `DELETE FROM ${SCHEMA}.entries WHERE ledger = $1 AND seq IN
    (SELECT seq FROM ${SCHEMA}.entries WHERE ledger = $1 AND seq < $2 ORDER BY seq LIMIT ${DELETED_AT_ONCE})`;
  for (;;) {
    const { rowCount } = await client.query(text, [ledger, seq]);
    if ((rowCount ?? 0) < DELETED_AT_ONCE) return;
  }
}

/** A line that is not what the ledger has just read is not what happened: it is not kept, and tried again. */
async function readLines(
  lines: SegmentLines,
  records: readonly StoredRecord[],
  wanted: ReadonlySet<number>,
): Promise<Uint8Array[]> {
  const places = records.filter(({ seq }) => wanted.has(seq));
  const read = await lines.read(places);
  return places.map(({ seq, hash }, place) => {
    const line = read[place];
    if (line === undefined || createHash('sha256').update(line).digest('hex') !== hash) {
      throw new IndexError('Unavailable', `the line of record ${seq} cannot be read as it was written`);
    }
    return line;
  });
}

function hitOf({ ledger, seq, at, id, hash, line }: FoundRow): Hit {
  const place = { ledger, seq: Number(seq), at: Number(at) };
  return { ...place, id, hash: hash.toString('hex'), line: { in: 'Index', bytes: line } };
}

async function run(
  client: PoolClient,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
) {
  await client.query(text, [...values]);
}

async function inTransaction(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  await withClient(pool, async (client) => {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  });
}

/** A connection on which something failed is not used again: nobody knows what is left on it. @throws IndexError */
async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  let client: PoolClient | undefined;
  try {
    client = await pool.connect();
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    client?.release(true);
    throw toldError(error);
  }
}

/** The statement goes on until its own limit; nobody waits for it. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // Its error has nobody left to hear it.
    work.catch(() => undefined);
  }
}

/** 57014 is query_canceled: statement_timeout (PostgreSQL, appendix A). XX001 and XX002 are a corrupt table or index. */
function toldError(error: unknown): IndexError {
  if (error instanceof IndexError) return error;
  const message = error instanceof Error ? error.message : 'unknown error';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === '57014' || message === 'Query read timeout') return new IndexError('Slow', message, { cause: error });
  return new IndexError('Unavailable', message, { cause: error });
}
