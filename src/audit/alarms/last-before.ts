import type { Ledger } from '../../ports/ledger.ts';

/** One is read, whatever its length. */
const ONE = { records: 1, bytes: 64 * 1024 };

/**
 * The number of the last record that was written before a time, of those that are kept; 0 where there is none. By halves: a
 * ledger may have more than anybody wants to read.
 *
 * @param time milliseconds since the epoch
 * @throws LedgerError
 */
export async function lastBefore(ledger: Pick<Ledger, 'head' | 'read'>, time: number): Promise<number> {
  let before = 0;
  let end = ledger.head()?.seq ?? 0;
  while (before < end) {
    const middle = Math.floor((before + end) / 2);
    // The first after it: retention may have taken those in between.
    const [next] = await ledger.read(middle, ONE);
    if (next === undefined || next.seq > end || Date.parse(next.record.time) >= time) end = middle;
    else before = next.seq;
  }
  return before;
}
