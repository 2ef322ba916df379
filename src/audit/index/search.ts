import type { UsernamesOf, Wanted } from '../../core/evidence/by-person.ts';
import { EVIDENCE_KINDS, type EvidenceKind } from '../../core/evidence/evidence-record.ts';
import { type EvidenceQuery, MAX_FOUND } from '../../core/evidence/query.ts';
import { EvidenceError } from '../../ports/evidence-reader.ts';
import { columnText, type Filter, FILTERS } from './columns.ts';
import { microsOf } from '../../core/evidence/micros.ts';

/** Where a record stands in the order of all: by time, then ledger, then number. */
export interface Place {
  /** Microseconds since the Unix epoch. */
  readonly at: number;
  readonly ledger: string;
  readonly seq: number;
}

/** A query that has been checked. */
export interface Search {
  readonly equal: readonly { readonly column: Filter; readonly value: string }[];
  /** As `isByPerson` finds them. */
  readonly person?: Wanted;
  readonly kinds?: readonly EvidenceKind[];
  /** Microseconds, inclusive. */
  readonly since?: number;
  /** Microseconds, exclusive. */
  readonly until?: number;
  readonly order: 'NewestFirst' | 'OldestFirst';
  readonly limit: number;
  /** Only what comes after it, in the order of the search. */
  readonly after?: Place;
}

/** Kubernetes usernames may have 1,024 characters; nothing else that is looked for is longer. */
const MAX_VALUE_CHARACTERS = 1_024;

/** Each is a walk along an index by itself. */
const MAX_USERNAMES = 64;

/**
 * @param usernamesOf by the people map of today
 * @throws EvidenceError BadQuery. Unavailable: a person is searched for while nobody knows who is who.
 */
export function searchOf(
  query: EvidenceQuery,
  after: Place | undefined,
  usernamesOf: UsernamesOf = (person) => [person],
): Search {
  const { kinds, limit, order = 'NewestFirst' } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_FOUND) {
    throw badQuery(`limit must be a whole number from 1 to ${MAX_FOUND}`);
  }
  if (order !== 'NewestFirst' && order !== 'OldestFirst') throw badQuery('order must be NewestFirst or OldestFirst');
  if (kinds !== undefined && (kinds.length === 0 || kinds.some((kind) => !EVIDENCE_KINDS.includes(kind)))) {
    throw badQuery(`kinds must be some of ${EVIDENCE_KINDS.join(', ')}`);
  }
  const since = timeOf('since', query.since);
  const until = timeOf('until', query.until);
  return {
    equal: FILTERS.flatMap((column) => {
      const value = query[column];
      return value === undefined || column === 'person' ? [] : [{ column, value: valueText(column, value) }];
    }),
    ...(query.person === undefined ? {} : { person: wantedOf(query.person, usernamesOf) }),
    ...(kinds === undefined ? {} : { kinds: [...new Set(kinds)] }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    order,
    limit,
    ...(after === undefined ? {} : { after }),
  };
}

function valueText(column: Filter, value: string): string {
  if (value.length <= MAX_VALUE_CHARACTERS) return columnText(value);
  throw badQuery(`${column} must not be longer than ${MAX_VALUE_CHARACTERS} characters`);
}

function wantedOf(name: string, usernamesOf: UsernamesOf): Wanted {
  const person = valueText('person', name);
  const usernames = usernamesOf(name);
  if (usernames === undefined) throw new EvidenceError('Unavailable', PEOPLE_UNKNOWN);
  if (usernames.length > MAX_USERNAMES) {
    throw badQuery(`${name} has more than ${MAX_USERNAMES} usernames; search by user`);
  }
  return { person, usernames: [...new Set(usernames.map(columnText))] };
}

const PEOPLE_UNKNOWN = 'nobody knows now who is who (ConfigMap sallyport-people); search by user, or try again';

function timeOf(name: 'since' | 'until', value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const micros = microsOf(value);
  if (micros === undefined) throw badQuery(`${name} must be a time such as 2026-11-20T10:00:00Z (RFC 3339)`);
  return micros;
}

function badQuery(message: string): EvidenceError {
  return new EvidenceError('BadQuery', message);
}
