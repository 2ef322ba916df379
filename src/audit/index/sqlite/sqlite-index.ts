import type { StoredRecord } from '../../../ports/ledger.ts';
import { rowOf } from '../columns.ts';
import { type EvidenceIndex, type Hits, IndexError } from '../evidence-index.ts';
import type { Day, DayRows } from './calls.ts';
import { startWorker } from './worker-calls.ts';

export interface SqliteIndexOptions {
  /** Of the databases, one a day. It belongs to this index alone. */
  readonly directory: string;
  /** UUID of the ledger. */
  readonly ledger: string;
  /** How long one search may take. */
  readonly searchMs: number;
}

export interface SqliteIndex extends EvidenceIndex {
  /** Why databases were deleted at the start, one sentence each. */
  readonly deleted: readonly string[];
}

/** Days of `YYYY-MM-DD`. */
const DAY_CHARACTERS = 10;

/**
 * One process's index on its own disk: two threads, one that adds and one that searches.
 *
 * @throws IndexError Unavailable
 */
export async function openSqliteIndex({ directory, ledger, searchMs }: SqliteIndexOptions): Promise<SqliteIndex> {
  const writer = startWorker(directory, false);
  const opened = await writer.call('Open', { directory, ledger }).catch(async (error: unknown) => {
    await writer[Symbol.asyncDispose]();
    throw error;
  });
  const reader = startWorker(directory, true);
  let { days } = opened;
  let floor = 0;
  const remove = async (gone: readonly Day[]): Promise<void> => {
    const names = gone.map(({ day }) => day);
    days = days.filter(({ day }) => !names.includes(day));
    await reader.call('Close', { days: names });
    ({ days } = await writer.call('Remove', { days: names }));
  };

  return {
    deleted: opened.deleted,
    cursor: () => {
      const [oldest, last] = [days[0], days.at(-1)];
      const none = oldest === undefined || last === undefined;
      return Promise.resolve(none ? undefined : { first: oldest.first, seq: last.last, hash: last.hash });
    },
    add: async (records) => {
      if (records.length === 0) return;
      ({ days } = await writer.call('Add', { groups: byDay(records, days.at(-1)?.day ?? '') }));
    },
    find: async (search, signal): Promise<Hits> => {
      if (search.after !== undefined && search.after.ledger !== ledger) {
        throw new IndexError('BadPlace', 'the page before came from another index');
      }
      const { rows } = await reader.call('Find', { search, days, floor, budgetMs: searchMs }, signal);
      const hits = rows.slice(0, search.limit).map(({ seq, id, at, hash, segment, offset, length }) => ({
        at,
        ledger,
        seq,
        id,
        hash,
        line: { in: 'Segment' as const, segment, offset, length },
      }));
      return { hits, more: rows.length > search.limit };
    },
    forget: async (seq) => {
      floor = Math.max(floor, seq);
      // The last day stays, since the cursor stands in it.
      const gone = days.slice(0, -1).filter(({ last }) => last < seq);
      if (gone.length === 0) return;
      await remove(gone);
    },
    clear: () => remove(days),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([writer[Symbol.asyncDispose](), reader[Symbol.asyncDispose]()]);
    },
  };
}

/** A record goes into the day in which it was written. Days never go back, since the ledger's times do not. */
function byDay(records: readonly StoredRecord[], lastDay: string): DayRows[] {
  const groups: (Omit<DayRows, 'rows'> & { readonly records: StoredRecord[] })[] = [];
  let day = lastDay;
  for (const record of records) {
    const written = record.record.time.slice(0, DAY_CHARACTERS);
    day = written > day ? written : day;
    const group = groups.at(-1);
    if (group?.day === day) {
      group.records.push(record);
      groups[groups.length - 1] = { ...group, last: record.seq, hash: record.hash };
    } else {
      groups.push({ day, first: record.seq, last: record.seq, hash: record.hash, records: [record] });
    }
  }
  return groups.map(({ records: all, ...group }) => ({ ...group, rows: all.flatMap((each) => rowOf(each) ?? []) }));
}
