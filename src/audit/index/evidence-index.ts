import type { StoredRecord } from '../../ports/ledger.ts';
import type { Place, Search } from './search.ts';

/**
 * By what records are found again. It proves nothing, the ledger does: all of it can be deleted, and is then made anew
 * from the segments that are kept.
 */
export interface EvidenceIndex extends AsyncDisposable {
  /** The last record of this process's ledger that was added; undefined where there is none. */
  cursor(): Promise<IndexCursor | undefined>;
  /**
   * Adds records of this process's ledger, in order, from the one after `cursor()`. All of them or none; what is there
   * already, or has the id of what is there, is left out.
   *
   * @throws IndexError Unavailable, Corrupt
   */
  add(records: readonly StoredRecord[]): Promise<void>;
  /**
   * In the order of the search; at most `limit`.
   *
   * @throws IndexError BadPlace, Slow, Unavailable, Corrupt; the signal's reason
   */
  find(search: Search, signal: AbortSignal): Promise<Hits>;
  /** Removes the records of this process's ledger with numbers below `seq`: their segments are gone. */
  forget(seq: number): Promise<void>;
  /** Where it holds the ledgers of several processes; absent where it holds this one's alone. */
  readonly shared?: SharedRecords;
  /** Removes all records of this process's ledger, so that they can be added anew. */
  clear(): Promise<void>;
}

/**
 * The records of all ledgers, each in its own order. There is no order over all of them that could be followed: what one process
 * adds later may be seen before what another began to add earlier. Of one ledger there is: one process adds its records, in
 * order, one transaction after the other.
 */
export interface SharedRecords {
  /**
   * By ledger, the number of the last record that went into the index. It and all before it are found by whoever asks
   * afterwards.
   *
   * @throws IndexError Slow, Unavailable
   */
  reached(): Promise<ReadonlyMap<string, number>>;
  /**
   * The records of a stretch that fit the search (but for its times, its order and `after`), in their order; `limit` of them or
   * `bytes` of their lines at most, but for one that is longer.
   *
   * @throws IndexError Slow, Unavailable
   */
  read(stretch: Stretch, search: Search, bytes: number): Promise<readonly Hit[]>;
}

export interface Stretch {
  readonly ledger: string;
  /** Exclusive. */
  readonly after: number;
  /** Inclusive. */
  readonly to: number;
}

export interface IndexCursor {
  /** Of the oldest record that it was given and has not forgotten. */
  readonly first: number;
  readonly seq: number;
  /** Of its line, in hexadecimal: whether this is still the same ledger. */
  readonly hash: string;
}

export interface Hits {
  readonly hits: readonly Hit[];
  /** Whether there are more behind the last one. */
  readonly more: boolean;
}

/** Where a record stands, and how to know that it is still the one that was indexed. */
export interface Hit extends Place {
  readonly id: string;
  /** SHA-256 of its line, in hexadecimal. */
  readonly hash: string;
  readonly line: LineSource;
}

export type LineSource =
  /** In the segments of this process's ledger. */
  | { readonly in: 'Segment'; readonly segment: number; readonly offset: number; readonly length: number }
  /** In the index itself: the segments of another replica are on that replica's disk. */
  | { readonly in: 'Index'; readonly bytes: Uint8Array };

export class IndexError extends Error {
  override readonly name = 'IndexError';
  readonly code: 'BadPlace' | 'Slow' | 'Unavailable' | 'Corrupt' | 'Diverged';

  constructor(code: IndexError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
