import { FILTERS, type Row } from '../columns.ts';
import type { Stretch } from '../evidence-index.ts';
import type { Search } from '../search.ts';
import { SCHEMA } from './migrations.ts';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** `isByPerson`: the record does not say who it was, or a username that no map knew. */
const NOBODY_SAID = '(person IS NULL OR person = "user")';

/** The search, and one more than its limit. */
export function searchStatement(search: Search): Statement {
  const { equal, person, kinds, order, limit } = search;
  const values: unknown[] = [];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const equals = equal.map((each) => `"${each.column}" = ${value(each.value)}`);
  const times = timesOf(search, value);
  const direction = order === 'NewestFirst' ? 'DESC' : 'ASC';
  const most = `ORDER BY at ${direction}, ledger ${direction}, seq ${direction} LIMIT ${value(limit + 1)}`;
  const select = (conditions: readonly string[]): string =>
    `SELECT ledger, seq, at, id, hash, line FROM ${SCHEMA}.entries WHERE ${['true', ...conditions].join(' AND ')} ${most}`;
  const ofKinds = (): string[] => (kinds === undefined ? [] : [`kind = ANY(${value(kinds)})`]);
  if (person !== undefined) {
    const all = [...equals, ...ofKinds(), ...times];
    // Each goes along its index in order; one with OR would be sorted.
    const named = `person = ${value(person.person)}`;
    const users = person.usernames.map((user) => [
      `"user" = ${value(user)}`,
      NOBODY_SAID,
      `person IS DISTINCT FROM ${value(person.person)}`,
    ]);
    const each = [[named], ...users].map((conditions) => `(${select([...conditions, ...all])})`);
    return { text: `SELECT * FROM (${each.join(' UNION ALL ')}) AS found ${most}`, values };
  }
  if (kinds === undefined || equals.length > 0) return { text: select([...equals, ...ofKinds(), ...times]), values };
  // Each kind by itself goes along its index in order; all at once would be sorted.
  const each = kinds.map((kind) => `(${select([`kind = ${value(kind)}`, ...times])})`);
  return { text: `SELECT * FROM (${each.join(' UNION ALL ')}) AS found ${most}`, values };
}

/** The stretch of one ledger along its primary key, as long as the lines before each are not longer than `bytes`. */
export function stretchStatement({ ledger, after, to }: Stretch, search: Search, bytes: number): Statement {
  const { equal, person, kinds, limit } = search;
  const values: unknown[] = [];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const conditions = [
    `ledger = ${value(ledger)}`,
    `seq > ${value(after)}`,
    `seq <= ${value(to)}`,
    ...equal.map((each) => `"${each.column}" = ${value(each.value)}`),
    ...(kinds === undefined ? [] : [`kind = ANY(${value(kinds)})`]),
    ...(person === undefined
      ? []
      : [`(person = ${value(person.person)} OR ("user" = ANY(${value(person.usernames)}) AND ${NOBODY_SAID}))`]),
  ];
  const columns = 'ledger, seq, at, id, hash, line';
  const first = `SELECT ${columns} FROM ${SCHEMA}.entries WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT ${value(limit)}`;
  const sized = `SELECT *, sum(octet_length(line)) OVER (ORDER BY seq) - octet_length(line) AS before FROM (${first}) AS few`;
  return { text: `SELECT ${columns} FROM (${sized}) AS sized WHERE before < ${value(bytes)} ORDER BY seq`, values };
}

function timesOf({ since, until, after, order }: Search, value: (given: unknown) => string): string[] {
  const sign = order === 'NewestFirst' ? '<' : '>';
  return [
    ...(since === undefined ? [] : [`at >= ${value(since)}`]),
    ...(until === undefined ? [] : [`at < ${value(until)}`]),
    ...(after === undefined
      ? []
      : [
          // The first says to an index on `at` what the second means.
          `at ${sign}= ${value(after.at)}`,
          `(at, ledger, seq) ${sign} (${value(after.at)}::bigint, ${value(after.ledger)}::uuid, ${value(after.seq)}::bigint)`,
        ]),
  ];
}

/** Rows go as one array a column: one statement and one plan, whatever their number. */
export function insertStatement(ledger: string, rows: readonly Row[], lines: readonly Uint8Array[]): Statement {
  const columns = ['seq', 'at', 'kind', 'id', ...FILTERS, 'hash', 'line'];
  const types = ['bigint', 'bigint', 'text', 'text', ...FILTERS.map(() => 'text'), 'bytea', 'bytea'];
  const arrays = types.map((type, place) => `$${place + 2}::${type}[]`).join(', ');
  const names = columns.map((name) => `"${name}"`).join(', ');
  return {
    text: `INSERT INTO ${SCHEMA}.entries (ledger, ${names}) SELECT $1::uuid, * FROM unnest(${arrays}) ON CONFLICT DO NOTHING`,
    values: [
      ledger,
      rows.map(({ seq }) => seq),
      rows.map(({ at }) => at),
      rows.map(({ kind }) => kind),
      rows.map(({ id }) => id),
      ...FILTERS.map((column) => rows.map(({ filters }) => filters[column])),
      rows.map(({ hash }) => Buffer.from(hash, 'hex')),
      lines.map((line) => Buffer.from(line)),
    ],
  };
}
