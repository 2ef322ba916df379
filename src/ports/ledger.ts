import type { EvidenceRecord, Submission } from '../core/evidence/evidence-record.ts';

/** Where a record stands. `hash` is that of its line: what the next one names as `prev`. */
export interface Position {
  readonly seq: number;
  readonly hash: string;
}

/** The line of a record as it stands in its file, without the newline, and where. */
export interface StoredRecord extends Position {
  /** Number of the first record of its segment, by which the file is named. */
  readonly segment: number;
  /** Of the line in that file, in bytes. */
  readonly offset: number;
  readonly length: number;
  readonly record: EvidenceRecord;
}

export interface Ledger {
  /** UUID. */
  readonly id: string;
  /** Undefined before the first record. */
  head(): Position | undefined;
  /**
   * Appends in order and resolves when they are on the disk (fdatasync); what is submitted meanwhile is written together.
   * All of them or, as far as anybody can read, none; but a process that dies before it answers may leave some of them.
   * Whoever has had no answer submits again: what stands there already, by its id, is not written twice.
   *
   * @returns the number (`seq`) of each; of one that stood there already, that of the first
   * @throws LedgerError Busy: the queue is full. Unwritable: the disk refused; it is tried again with the next append.
   *   Closed. Rejected: one of them is longer than a record may be.
   */
  append(submissions: readonly Submission[]): Promise<readonly number[]>;
  /** Bounded; the oldest first, from after `seq` (0: from the beginning that is kept). Only what is durable. */
  read(
    afterSeq: number,
    limits: { readonly records: number; readonly bytes: number },
  ): Promise<readonly StoredRecord[]>;
  /** Called after each commit, with nothing: read from where you are. Returns how to stop it. */
  onCommitted(listener: () => void): () => void;
}

export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: 'Busy' | 'Unwritable' | 'Closed' | 'Rejected' | 'Damaged';

  constructor(code: LedgerError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
