import type { Position } from '../../ports/ledger.ts';
import { IdTable, type IdWords, newWords, readWords } from './id-table.ts';

const HASH_BYTES = 32;

interface Generation {
  readonly ids: IdTable;
  readonly seqs: Float64Array;
  readonly hashes: Buffer;
  /** Milliseconds; of its first id. */
  readonly startedAt: number;
}

/** Ids that were written lately, each for `ms` to 2 × `ms`, and of the last `records` at least unless time is up. */
export interface RecentIds {
  find(words: IdWords): Position | undefined;
  add(id: string, position: Position, now: number): void;
}

/**
 * Two generations, of which the older is dropped as a whole: to forget ids one by one costs more than to write them.
 * About 70 bytes an id, none of which the collector of garbage looks at.
 *
 * @param records in one generation
 */
export function createRecentIds({ records, ms }: { readonly records: number; readonly ms: number }): RecentIds {
  let young = generation(records, 0);
  let old: Generation | undefined;
  const words = newWords();
  return {
    find: (sought) => lookup(young, sought) ?? (old === undefined ? undefined : lookup(old, sought)),
    add: (id, { seq, hash }, now) => {
      if (young.ids.size === 0) young = { ...young, startedAt: now };
      if (young.ids.size >= records || now - young.startedAt >= ms) {
        old = young;
        young = generation(records, now);
      }
      readWords(id, words);
      const known = young.ids.find(words);
      const slot = known === -1 ? young.ids.add(words) : known;
      young.seqs[slot] = seq;
      young.hashes.write(hash, slot * HASH_BYTES, HASH_BYTES, 'hex');
    },
  };
}

function generation(records: number, startedAt: number): Generation {
  return {
    ids: new IdTable(records),
    seqs: new Float64Array(records),
    hashes: Buffer.allocUnsafeSlow(records * HASH_BYTES),
    startedAt,
  };
}

function lookup({ ids, seqs, hashes }: Generation, words: IdWords): Position | undefined {
  const slot = ids.find(words);
  if (slot === -1) return undefined;
  const at = slot * HASH_BYTES;
  return { seq: seqs[slot] ?? 0, hash: hashes.toString('hex', at, at + HASH_BYTES) };
}
