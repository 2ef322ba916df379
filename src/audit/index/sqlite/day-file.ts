import { DatabaseSync } from 'node:sqlite';
import { FILTERS, INDEX_VERSION } from '../columns.ts';
import type { Day, DayRows } from './calls.ts';
import { createStatements, type Prepare } from './statements.ts';

/** Of the tables below, and of what stands in them; a file of another version is deleted and made anew. */
const VERSION = INDEX_VERSION;

/** Every index ends in `seq`, the rowid, so that each gives its records in the order of a search. */
const SCHEMA = `
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  ${FILTERS.map((column) => `${column} TEXT,`).join(' ')}
  segment INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX entries_at ON entries (at);
CREATE INDEX entries_kind ON entries (kind, at);
${FILTERS.map((column) => `CREATE INDEX entries_${column} ON entries (${column}, at) WHERE ${column} IS NOT NULL;`).join('\n')}
CREATE TABLE covered (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  ledger TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, hash TEXT NOT NULL
) STRICT;
PRAGMA user_version = ${VERSION};
`;

/** A writer of ours waits for a checkpoint by a reader of ours, and for nobody else. */
const BUSY_MS = 5_000;

export interface DayFile {
  readonly prepare: Prepare;
  /** Undefined where nothing was added yet. @throws when the file is of another ledger or version */
  covered(ledger: string): Day | undefined;
  /** Which of the ids are there. */
  known(ids: readonly string[]): ReadonlySet<string>;
  add(ledger: string, rows: DayRows): void;
  close(): void;
}

/** NORMAL: a power cut may cost the last transactions, never the consistency, and they are added again from the ledger. */
export function openDayFile(file: string, day: string, readOnly: boolean): DayFile {
  const database = new DatabaseSync(file, { readOnly, timeout: BUSY_MS });
  try {
    if (!readOnly) prepareFile(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const prepare = createStatements(database);
  return {
    prepare,
    covered: (ledger) => coveredBy(prepare, day, ledger),
    known: (ids) =>
      new Set(
        prepare('SELECT id FROM entries WHERE id IN (SELECT value FROM json_each(?))')
          .all(JSON.stringify(ids))
          .map(({ id }) => String(id)),
      ),
    add: (ledger, rows) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        addAll(prepare, ledger, rows);
        database.exec('COMMIT');
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}

function prepareFile(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  if (versionOf((sql) => database.prepare(sql)) !== 0) return;
  database.exec(`BEGIN; ${SCHEMA} COMMIT;`);
}

function versionOf(prepare: Prepare): number {
  return Number(prepare('PRAGMA user_version').get()?.['user_version']);
}

function coveredBy(prepare: Prepare, day: string, ledger: string): Day | undefined {
  const version = versionOf(prepare);
  if (version !== VERSION) throw new Error(`is of version ${version}, not ${VERSION}`);
  const row = prepare('SELECT ledger, first, last, hash FROM covered').get();
  if (row === undefined) return undefined;
  if (row['ledger'] !== ledger) throw new Error('belongs to another ledger');
  // Each by itself, so that SQLite goes to the end of an index instead of through all of it.
  const least = prepare('SELECT min(at) AS at FROM entries').get()?.['at'];
  const most = prepare('SELECT max(at) AS at FROM entries').get()?.['at'];
  return {
    day,
    first: Number(row['first']),
    last: Number(row['last']),
    hash: String(row['hash']),
    range: least === null || least === undefined ? undefined : { min: Number(least), max: Number(most) },
  };
}

const INSERT = `INSERT OR IGNORE INTO entries (seq, id, kind, at, ${FILTERS.join(', ')}, segment, offset, length, hash)
  VALUES (?, ?, ?, ?, ${FILTERS.map(() => '?').join(', ')}, ?, ?, ?, ?)`;

function addAll(prepare: Prepare, ledger: string, { rows, first, last, hash }: DayRows): void {
  const insert = prepare(INSERT);
  for (const { seq, id, kind, at, filters, segment, offset, length, hash: line } of rows) {
    const values = FILTERS.map((column) => filters[column]);
    insert.run(seq, id, kind, at, ...values, segment, offset, length, Buffer.from(line, 'hex'));
  }
  prepare(
    `INSERT INTO covered (one, ledger, first, last, hash) VALUES (1, ?, ?, ?, ?)
       ON CONFLICT (one) DO UPDATE SET last = excluded.last, hash = excluded.hash`,
  ).run(ledger, first, last, hash);
}
