import { IdTable, type IdWords } from './id-table.ts';

interface Generation {
  readonly ids: IdTable;
  /** By the number that its table gives an id. */
  readonly seqs: Float64Array;
  /** Milliseconds; of its first id. */
  readonly startedAt: number;
}

/** Ids that were written lately, each for `ms` to 2 × `ms`, and of the last `records` at least unless time is up. */
export interface RecentIds {
  /** @returns the number of the record; undefined for an id that is not known, or not any more */
  find(words: IdWords): number | undefined;
  add(words: IdWords, seq: number, now: number): void;
}

/**
 * Two generations, of which the older is dropped as a whole: to forget ids one by one costs more than to write them.
 * About 40 bytes an id, none of which the collector of garbage looks at.
 *
 * @param records in one generation
 */
export function createRecentIds({ records, ms }: { readonly records: number; readonly ms: number }): RecentIds {
  let young = generation(records, 0);
  let old: Generation | undefined;
  return {
    find: (sought) => lookup(young, sought) ?? (old === undefined ? undefined : lookup(old, sought)),
    add: (words, seq, now) => {
      if (young.ids.size === 0) young = { ...young, startedAt: now };
      if (young.ids.size >= records || now - young.startedAt >= ms) {
        old = young;
        young = generation(records, now);
      }
      const known = young.ids.find(words);
      const slot = known === -1 ? young.ids.add(words) : known;
      young.seqs[slot] = seq;
    },
  };
}

function generation(records: number, startedAt: number): Generation {
  return { ids: new IdTable(records), seqs: new Float64Array(records), startedAt };
}

function lookup({ ids, seqs }: Generation, words: IdWords): number | undefined {
  const slot = ids.find(words);
  return slot === -1 ? undefined : seqs[slot];
}
