import { createHash } from 'node:crypto';
import type { EvidenceRecord, Submission } from '../core/evidence/evidence-record.ts';
import type { Clock } from './clock.ts';
import type { Ledger, LedgerError, Position, StoredRecord } from './ledger.ts';

/** A ledger in memory: same numbers, chain and duplicates as the real one, and it fails when it is told to. */
export class FakeLedger implements Ledger {
  readonly id = '00000000-0000-4000-8000-000000000000';
  /** Appends reject with it until it is taken away. */
  failure: LedgerError | undefined;
  /** Records up to here are gone, as after retention. */
  prunedTo = 0;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #stored: StoredRecord[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get records(): readonly EvidenceRecord[] {
    return this.#stored.map(({ record }) => record);
  }

  head(): Position | undefined {
    const last = this.#stored.at(-1);
    return last === undefined ? undefined : { seq: last.seq, hash: last.hash };
  }

  async append(submissions: readonly Submission[]): Promise<readonly number[]> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    const numbers = submissions.map((submission) => this.#keep(submission));
    for (const listener of this.#listeners) listener();
    return numbers;
  }

  async read(
    afterSeq: number,
    limits: { readonly records: number; readonly bytes: number },
  ): Promise<readonly StoredRecord[]> {
    await Promise.resolve();
    const found: StoredRecord[] = [];
    let bytes = 0;
    for (const stored of this.#stored) {
      if (stored.seq <= Math.max(afterSeq, this.prunedTo)) continue;
      bytes += stored.length;
      if (found.length >= limits.records || (found.length > 0 && bytes > limits.bytes)) break;
      found.push(stored);
    }
    return found;
  }

  onCommitted(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #keep({ kind, id, data }: Submission): number {
    const known = this.#stored.find(({ record }) => record.id === id);
    if (known !== undefined) return known.seq;
    const last = this.#stored.at(-1);
    const record = {
      seq: (last?.seq ?? 0) + 1,
      prev: last?.hash ?? '0'.repeat(64),
      time: new Date(this.#clock.now()).toISOString(),
      kind,
      id,
      data,
    } as EvidenceRecord;
    const line = JSON.stringify(record);
    const stored: StoredRecord = {
      seq: record.seq,
      hash: createHash('sha256').update(line).digest('hex'),
      segment: 1,
      offset: last === undefined ? 0 : last.offset + last.length + 1,
      length: Buffer.byteLength(line),
      record,
    };
    this.#stored.push(stored);
    return stored.seq;
  }
}
