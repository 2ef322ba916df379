import type { Position } from '../../ports/ledger.ts';

const HASH_BYTES = 32;

interface Generation {
  readonly slots: Map<string, number>;
  readonly seqs: Float64Array;
  readonly hashes: Buffer;
  /** Milliseconds; of its first id. */
  readonly startedAt: number;
}

/** Ids that were written lately, each for `ms` to 2 × `ms`, and of the last `records` at least unless time is up. */
export interface RecentIds {
  find(id: string): Position | undefined;
  add(id: string, position: Position, now: number): void;
}

/**
 * Two generations, of which the older is dropped as a whole: to forget ids one by one costs more than to write them.
 * About 130 bytes an id.
 *
 * @param records in one generation
 */
export function createRecentIds({ records, ms }: { readonly records: number; readonly ms: number }): RecentIds {
  let young = generation(records, 0);
  let old: Generation | undefined;
  return {
    find: (id) => lookup(young, id) ?? (old === undefined ? undefined : lookup(old, id)),
    add: (id, { seq, hash }, now) => {
      if (young.slots.size === 0) young = { ...young, startedAt: now };
      if (young.slots.size >= records || now - young.startedAt >= ms) {
        old = young;
        young = generation(records, now);
      }
      const slot = young.slots.size;
      young.slots.set(id, slot);
      young.seqs[slot] = seq;
      young.hashes.write(hash, slot * HASH_BYTES, HASH_BYTES, 'hex');
    },
  };
}

function generation(records: number, startedAt: number): Generation {
  return {
    slots: new Map(),
    seqs: new Float64Array(records),
    hashes: Buffer.allocUnsafeSlow(records * HASH_BYTES),
    startedAt,
  };
}

function lookup({ slots, seqs, hashes }: Generation, id: string): Position | undefined {
  const slot = slots.get(id);
  if (slot === undefined) return undefined;
  const at = slot * HASH_BYTES;
  return { seq: seqs[slot] ?? 0, hash: hashes.toString('hex', at, at + HASH_BYTES) };
}
