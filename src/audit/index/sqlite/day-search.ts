import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Filter } from '../columns.ts';
import type { Search } from '../search.ts';
import type { FoundRow } from './calls.ts';
import type { Prepare } from './statements.ts';

/** So many rows of an index are looked at between two looks at the clock: some tens of milliseconds. */
const STRETCH_ROWS = 20_000;

/** Nobody waits any more, or too long. */
export class SearchStoppedError extends Error {
  override readonly name = 'SearchStoppedError';
  readonly code: 'Slow' | 'Cancelled';

  constructor(code: SearchStoppedError['code']) {
    super('the search was stopped');
    this.code = code;
  }
}

/** A stretch of one index: `where` uses it up to its time column. */
interface Walk {
  readonly index: string;
  readonly where: readonly Condition[];
  /** Looked at in the rows themselves. */
  readonly also: readonly Condition[];
}

interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

export interface DaySearch {
  readonly search: Search;
  /** Number of the first record that is kept. */
  readonly floor: number;
  readonly limit: number;
  /** Called between stretches; throws to stop. */
  readonly check: () => void;
}

/** The first `limit` of one day in the order of the search. */
export function searchDay(prepare: Prepare, wanted: DaySearch): FoundRow[] {
  const { search, limit } = wanted;
  const found = walksOf(search).flatMap((walk) => walkIndex(prepare, walk, wanted));
  return found.sort(inOrder(search)).slice(0, limit);
}

export function inOrder({ order }: Search): (one: FoundRow, other: FoundRow) => number {
  const sign = order === 'NewestFirst' ? -1 : 1;
  return (one, other) => sign * (one.at - other.at || one.seq - other.seq);
}

/** The statement of each index that the search walks, for EXPLAIN in tests. */
export function statementsOf(search: Search): readonly Condition[] {
  return walksOf(search).map((walk) => selectOf(walk, { search, floor: 0, limit: search.limit }, []));
}

/** They are of one object, request or decision; a person is in many. */
const NARROWER: ReadonlySet<Filter> = new Set(['decision', 'request', 'name', 'user']);

/** `isByPerson`: the record does not say who it was, or a username that no map knew. */
const NOBODY_SAID = '(person IS NULL OR person = user)';

/** The column that narrows it down most has an index to walk; the rest is looked at in the rows. */
function walksOf(search: Search): readonly Walk[] {
  const { equal, person, kinds } = search;
  const [first, ...others] = equal.map(({ column, value }) => ({ column, sql: `${column} = ?`, values: [value] }));
  const ofKinds = kinds === undefined ? [] : [{ sql: `kind IN (${kinds.map(() => '?').join(', ')})`, values: kinds }];
  if (person !== undefined && !(first !== undefined && NARROWER.has(first.column))) {
    const also = [...(first === undefined ? [] : [first]), ...others, ...ofKinds];
    return [
      { index: 'entries_person', where: [{ sql: 'person = ?', values: [person.person] }], also },
      ...person.usernames.map((username) => ({
        index: 'entries_user',
        where: [{ sql: 'user = ?', values: [username] }],
        also: [{ sql: `${NOBODY_SAID} AND person IS NOT ?`, values: [person.person] }, ...also],
      })),
    ];
  }
  if (person !== undefined && first !== undefined) {
    const { usernames } = person;
    const users = usernames.map(() => '?').join(', ');
    const byPerson = {
      sql: `(person = ? OR (user IN (${users}) AND ${NOBODY_SAID}))`,
      values: [person.person, ...usernames],
    };
    return [{ index: `entries_${first.column}`, where: [first], also: [byPerson, ...others, ...ofKinds] }];
  }
  if (first !== undefined) return [{ index: `entries_${first.column}`, where: [first], also: [...others, ...ofKinds] }];
  // One walk a kind: over several at once the index gives no order, and all of them would be sorted.
  if (kinds !== undefined) {
    return kinds.map((kind) => ({ index: 'entries_kind', where: [{ sql: 'kind = ?', values: [kind] }], also: [] }));
  }
  return [{ index: 'entries_at', where: [], also: [] }];
}

function walkIndex(prepare: Prepare, walk: Walk, { search, floor, limit, check }: DaySearch): FoundRow[] {
  const found: FoundRow[] = [];
  let from: readonly Condition[] = [];
  for (;;) {
    check();
    const end = walk.also.length === 0 ? undefined : endOfStretch(prepare, walk, search, from);
    const to = end === undefined ? [] : [placed(search, 'UpTo', end)];
    const { sql, values } = selectOf(walk, { search, floor, limit: limit - found.length }, [...from, ...to]);
    found.push(
      ...prepare(sql)
        .all(...values)
        .map(rowOf),
    );
    if (end === undefined || found.length >= limit) return found;
    from = [placed(search, 'Beyond', end)];
  }
}

/** The place of the last row of the next stretch, from the index alone; undefined where what is left is less than one. */
function endOfStretch(
  prepare: Prepare,
  { index, where }: Walk,
  search: Search,
  from: readonly Condition[],
): { readonly at: number; readonly seq: number } | undefined {
  const conditions = [...where, ...timesOf(search), ...from];
  const sql = `SELECT at, seq FROM entries INDEXED BY ${index} WHERE ${andOf(conditions)} ${orderOf(search)} LIMIT 1 OFFSET ${STRETCH_ROWS}`;
  const row = prepare(sql).get(...valuesOf(conditions));
  return row === undefined ? undefined : { at: Number(row['at']), seq: Number(row['seq']) };
}

function selectOf(
  { index, where, also }: Walk,
  { search, floor, limit }: Omit<DaySearch, 'check'>,
  between: readonly Condition[],
): Condition {
  const kept = { sql: 'seq >= ?', values: [floor] };
  const conditions = [...where, ...timesOf(search), ...between, kept, ...also];
  return {
    sql: `SELECT seq, id, at, segment, offset, length, hash FROM entries INDEXED BY ${index} WHERE ${andOf(conditions)} ${orderOf(search)} LIMIT ?`,
    values: [...valuesOf(conditions), limit],
  };
}

function timesOf(search: Search): Condition[] {
  const { since, until, after } = search;
  return [
    ...(since === undefined ? [] : [{ sql: 'at >= ?', values: [since] }]),
    ...(until === undefined ? [] : [{ sql: 'at < ?', values: [until] }]),
    ...(after === undefined ? [] : [placed(search, 'Beyond', after)]),
  ];
}

function placed(
  { order }: Search,
  side: 'UpTo' | 'Beyond',
  { at, seq }: { readonly at: number; readonly seq: number },
): Condition {
  const less = (order === 'NewestFirst') === (side === 'Beyond');
  const sign = side === 'Beyond' ? (less ? '<' : '>') : less ? '<=' : '>=';
  return { sql: `(at, seq) ${sign} (?, ?)`, values: [at, seq] };
}

function orderOf({ order }: Search): string {
  return order === 'NewestFirst' ? 'ORDER BY at DESC, seq DESC' : 'ORDER BY at, seq';
}

function andOf(conditions: readonly Condition[]): string {
  return ['1', ...conditions.map(({ sql }) => sql)].join(' AND ');
}

function valuesOf(conditions: readonly Condition[]): SQLInputValue[] {
  return conditions.flatMap(({ values }) => values);
}

function rowOf(row: Record<string, SQLOutputValue>): FoundRow {
  return {
    seq: Number(row['seq']),
    id: String(row['id']),
    at: Number(row['at']),
    segment: Number(row['segment']),
    offset: Number(row['offset']),
    length: Number(row['length']),
    hash: Buffer.from(row['hash'] as Uint8Array).toString('hex'),
  };
}
