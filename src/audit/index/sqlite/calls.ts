import type { Row } from '../columns.ts';
import type { Search } from '../search.ts';

/** What one database file covers; records of the same UTC day, by when they were written. */
export interface Day {
  /** 2026-11-20 */
  readonly day: string;
  /** Numbers of the records that went into it, of which some are not kept. */
  readonly first: number;
  readonly last: number;
  /** Of the line of `last`, in hexadecimal. */
  readonly hash: string;
  /** Of all its entries, in microseconds; undefined where it has none. */
  readonly range: { readonly min: number; readonly max: number } | undefined;
}

/** Records of one day, in order. */
export interface DayRows extends Omit<Day, 'range'> {
  readonly rows: readonly Row[];
}

/** A row of an answer, without what only searches need. */
export interface FoundRow {
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly hash: string;
}

/** What a worker is asked, and what it answers; both are structured clones. */
export interface Calls {
  /** Looks at what is there, and deletes what does not follow without a gap on what is kept of this ledger. */
  readonly Open: { readonly args: { readonly directory: string; readonly ledger: string }; readonly result: Opened };
  readonly Add: {
    readonly args: { readonly groups: readonly DayRows[] };
    readonly result: { readonly days: readonly Day[] };
  };
  readonly Find: { readonly args: FindArgs; readonly result: { readonly rows: readonly FoundRow[] } };
  /** Before somebody else removes them. */
  readonly Close: { readonly args: { readonly days: readonly string[] }; readonly result: null };
  readonly Remove: {
    readonly args: { readonly days: readonly string[] };
    readonly result: { readonly days: readonly Day[] };
  };
}

export interface Opened {
  readonly days: readonly Day[];
  /** Why files were deleted, one sentence each. */
  readonly deleted: readonly string[];
}

export interface FindArgs {
  readonly search: Search;
  readonly days: readonly Day[];
  /** Records below it are gone. */
  readonly floor: number;
  readonly budgetMs: number;
}

export type CallName = keyof Calls;
export type Request = { [K in CallName]: { readonly call: K; readonly args: Calls[K]['args'] } }[CallName];

export type Reply =
  | { readonly ok: true; readonly result: Calls[CallName]['result'] }
  | { readonly ok: false; readonly code: 'Slow' | 'Cancelled' | 'Unavailable' | 'Corrupt'; readonly message: string };

/** What a worker is started with. */
export interface WorkerSetup {
  readonly directory: string;
  readonly readOnly: boolean;
  /** Set to 1 by the asker when nobody waits for the answer any more. */
  readonly cancelled: SharedArrayBuffer;
}
