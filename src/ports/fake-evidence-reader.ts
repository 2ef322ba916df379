import { sha256 } from '../core/api/sha256.ts';
import { isByPerson } from '../core/evidence/by-person.ts';
import { type Entry, entryOf } from '../core/evidence/entry.ts';
import type { EvidenceRecord } from '../core/evidence/evidence-record.ts';
import { type EvidencePage, type EvidenceQuery, type Found, MAX_FOUND } from '../core/evidence/query.ts';
import { EvidenceError, type EvidenceReader } from './evidence-reader.ts';

const COLUMNS = [
  'user',
  'verb',
  'resource',
  'namespace',
  'name',
  'request',
  'decision',
  'outcome',
] as const satisfies readonly (keyof EvidenceQuery & keyof Entry)[];

/** Goes through what it was given, as the real one finds it: same order, same pages, same refusals. */
export class FakeEvidenceReader implements EvidenceReader {
  readonly ledger = '00000000-0000-4000-8000-000000000000';
  /** What was asked. */
  readonly queries: EvidenceQuery[] = [];
  /** Every search rejects with it until it is taken away. */
  failure: EvidenceError | undefined;
  /** As many are said not to be found yet. */
  behind: number | undefined;
  records: readonly EvidenceRecord[];
  /** By the people map of now. */
  usernamesOf: (person: string) => readonly string[] = (person) => [person];

  constructor(records: readonly EvidenceRecord[] = []) {
    this.records = records;
  }

  async find(query: EvidenceQuery, signal: AbortSignal): Promise<EvidencePage> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.queries.push(query);
    if (this.failure !== undefined) throw this.failure;
    const { limit, after, since, until, kinds, order = 'NewestFirst' } = query;
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_FOUND) throw badQuery('limit');
    const [from, to] = [timeOf(since, -Infinity), timeOf(until, Infinity)];
    const sign = order === 'NewestFirst' ? -1 : 1;
    const all = this.records
      .flatMap((record) => {
        const entry = entryOf(record);
        return entry === undefined ? [] : [{ record, entry, at: Date.parse(entry.at) }];
      })
      .filter(({ entry }) => kinds === undefined || kinds.includes(entry.kind))
      .filter(({ entry }) => COLUMNS.every((name) => query[name] === undefined || entry[name] === query[name]))
      .filter(
        ({ entry }) =>
          query.person === undefined ||
          isByPerson(entry, { person: query.person, usernames: this.usernamesOf(query.person) }),
      )
      .filter(({ at }) => at >= from && at < to)
      .sort((one, other) => sign * (one.at - other.at || one.record.seq - other.record.seq));
    const asked = boundTo(query);
    const start = after === undefined ? 0 : placeOf(after, asked);
    const found = all.slice(start, start + limit).map(({ record }): Found => ({ ledger: this.ledger, record }));
    const behind = this.behind === undefined ? {} : { behind: this.behind };
    return { found, ...behind, ...(start + limit < all.length ? { next: `fake-${start + limit}-${asked}` } : {}) };
  }
}

function timeOf(time: string | undefined, otherwise: number): number {
  if (time === undefined) return otherwise;
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) throw badQuery('a time');
  return ms;
}

/** A cursor goes on with the search that it comes from, and with no other; the pages may be of another size. */
function boundTo({ after: _after, limit: _limit, ...same }: EvidenceQuery): string {
  return sha256(same).slice(-8);
}

function placeOf(after: string, asked: string): number {
  const [, place, bound] = /^fake-(\d+)-([0-9a-f]{8})$/.exec(after) ?? [];
  if (place === undefined || bound !== asked) throw badQuery('after');
  return Number(place);
}

function badQuery(what: string): EvidenceError {
  return new EvidenceError('BadQuery', `${what} is none of ours`);
}
