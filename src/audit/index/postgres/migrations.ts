import type { PoolClient } from 'pg';
import { FILTERS } from '../columns.ts';
import { IndexError } from '../evidence-index.ts';

/** Everything of ours stands in it, and nothing else. */
export const SCHEMA = 'sallyport_evidence';

/** Of all replicas that start at once one migrates. Any number would do; it is that of our schema alone. */
const LOCK = 7_257_396_011;

/** Each is applied once, in order, and never changed after it was released: later ones go behind it. */
const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE ${SCHEMA}.ledgers (
  ledger uuid PRIMARY KEY, first bigint NOT NULL, last bigint NOT NULL, hash text NOT NULL
);
CREATE TABLE ${SCHEMA}.entries (
  ledger uuid NOT NULL,
  seq bigint NOT NULL,
  at bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  ${FILTERS.map((column) => `"${column}" text COLLATE "C",`).join(' ')}
  hash bytea NOT NULL,
  line bytea NOT NULL,
  PRIMARY KEY (ledger, seq),
  UNIQUE (ledger, id)
);
CREATE INDEX entries_at ON ${SCHEMA}.entries (at, ledger, seq);
CREATE INDEX entries_kind ON ${SCHEMA}.entries (kind, at);
${FILTERS.map((column) => `CREATE INDEX entries_${column} ON ${SCHEMA}.entries ("${column}", at) WHERE "${column}" IS NOT NULL;`).join('\n')}
`,
  // INDEX_VERSION: each process makes its own ledger's records anew where it is another.
  `ALTER TABLE ${SCHEMA}.ledgers ADD COLUMN version int NOT NULL DEFAULT 1;`,
];

/** @throws IndexError Unavailable: a newer Sallyport has been here, and this one would not know its tables */
export async function migrate(client: PoolClient): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const known = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [SCHEMA]);
    // Whoever may not create schemas has one created for it.
    if (known.rowCount === 0) await client.query(`CREATE SCHEMA ${SCHEMA}`);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.migrations (version int PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())`,
    );
    const { rows } = await client.query<{ version: number | null }>(
      `SELECT max(version) AS version FROM ${SCHEMA}.migrations`,
    );
    const version = rows[0]?.version ?? 0;
    if (version > MIGRATIONS.length) {
      throw new IndexError('Unavailable', `the tables are of version ${version}, and this is ${MIGRATIONS.length}`);
    }
    for (const [place, statements] of MIGRATIONS.entries()) {
      if (place < version) continue;
      await client.query(statements);
      await client.query(`INSERT INTO ${SCHEMA}.migrations (version) VALUES ($1)`, [place + 1]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
