import { createHash } from 'node:crypto';
import { type Entry, entryOf } from '../../core/evidence/entry.ts';
import type { StoredRecord } from '../../ports/ledger.ts';
import { microsOf } from '../../core/evidence/micros.ts';

/**
 * Of what `rowOf` makes of a record, and goes up with each change of it: an index that was made by another version is made
 * anew, in either database.
 */
export const INDEX_VERSION = 2;

/** The columns that a search may ask for by value, in the order in which they narrow it down: the first that is asked
 * for is the one whose index is walked. */
export const FILTERS = [
  'decision',
  'request',
  'name',
  'person',
  'user',
  'resource',
  'namespace',
  'outcome',
  'verb',
] as const satisfies readonly (keyof Entry)[];
export type Filter = (typeof FILTERS)[number];

/** One record as both databases keep it. */
export interface Row {
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  /** Microseconds since the Unix epoch. */
  readonly at: number;
  readonly filters: Readonly<Record<Filter, string | null>>;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly hash: string;
}

/** What a caller sends may be of any length; PostgreSQL keeps no index entry above 2,704 bytes, and these are at most 2,048. */
const MAX_CHARACTERS = 512;

/** Ids of ours are far below; a longer one is known by its hash. */
const MAX_ID_CHARACTERS = 200;

/**
 * The value of a column, the same for what is kept and for what is looked for: PostgreSQL has no NUL and no half of a
 * surrogate pair in its texts, and one event with either must not stop the index.
 */
export function columnText(value: string): string {
  return value.slice(0, MAX_CHARACTERS).replaceAll('\0', '\uFFFD').toWellFormed();
}

/** @returns undefined for what nobody looks for */
export function rowOf(stored: StoredRecord): Row | undefined {
  const entry = entryOf(stored.record);
  if (entry === undefined) return undefined;
  const text = (value: string | undefined): string | null => (value === undefined ? null : columnText(value));
  return {
    seq: stored.seq,
    id: idText(entry.id),
    kind: entry.kind,
    // The API server chooses the time of an event. One that is none must not stop the index either.
    at: microsOf(entry.at) ?? microsOf(stored.record.time) ?? 0,
    filters: {
      decision: text(entry.decision),
      request: text(entry.request),
      name: text(entry.name),
      person: text(entry.person),
      user: text(entry.user),
      resource: text(entry.resource),
      namespace: text(entry.namespace),
      outcome: text(entry.outcome),
      verb: text(entry.verb),
    },
    segment: stored.segment,
    offset: stored.offset,
    length: stored.length,
    hash: stored.hash,
  };
}

function idText(id: string): string {
  const text = columnText(id);
  return text.length <= MAX_ID_CHARACTERS && text === id
    ? id
    : `sha256/${createHash('sha256').update(id).digest('hex')}`;
}
