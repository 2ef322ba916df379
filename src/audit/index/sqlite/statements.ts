import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** The statement of a text, ready to be run: not while another run of the same text goes on. */
export type Prepare = (sql: string) => StatementSync;

/** Searches differ by what they ask for and not by its values: a few dozen texts, some 10 KB each. */
const MOST = 64;

/**
 * Prepares each text once. What SQLite holds for a statement that is forgotten is freed by a full collection of garbage, which
 * knows nothing of it and comes late: some 25 MB of them pile up before it.
 */
export function createStatements(database: DatabaseSync): Prepare {
  /** The one that was used last stands last. */
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.delete(sql);
    prepared.set(sql, statement);
    const [oldest] = prepared.keys();
    if (prepared.size > MOST && oldest !== undefined) prepared.delete(oldest);
    return statement;
  };
}
