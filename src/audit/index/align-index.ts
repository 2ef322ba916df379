import type { Ledger } from '../../ports/ledger.ts';
import { type EvidenceIndex, IndexError } from './evidence-index.ts';
import type { IndexEvents } from './index-events.ts';

/**
 * Whether the index is one of this ledger, up to where it goes; one that is not whole is emptied, and is then made anew.
 *
 * @returns the number of the last record that it holds; 0 where it is empty
 * @throws IndexError Diverged: it holds what the ledger does not. That is not repaired: somebody has cut the ledger or put
 *   another in its place, and what the index still knows is evidence of it.
 */
export async function alignIndex(
  index: EvidenceIndex,
  ledger: Ledger,
  events: Pick<IndexEvents, 'emptied'>,
): Promise<number> {
  const cursor = await index.cursor();
  if (cursor === undefined) return 0;
  const oldest = (await ledger.read(0, { records: 1, bytes: 1 }))[0]?.seq ?? 1;
  if (cursor.first > oldest) return await emptied(index, events, 'it lacks the oldest records');
  const [next] = await ledger.read(cursor.seq, { records: 1, bytes: 1 });
  if (next === undefined) {
    const head = ledger.head();
    if (head?.seq === cursor.seq && head.hash === cursor.hash) return cursor.seq;
    throw diverged(cursor.seq);
  }
  if (next.seq !== cursor.seq + 1) return await emptied(index, events, 'segments were removed before it had read them');
  if (next.record.prev !== cursor.hash) throw diverged(cursor.seq);
  return cursor.seq;
}

async function emptied(index: EvidenceIndex, events: Pick<IndexEvents, 'emptied'>, why: string): Promise<number> {
  events.emptied(why);
  await index.clear();
  return 0;
}

function diverged(seq: number): IndexError {
  return new IndexError(
    'Diverged',
    `record ${seq} of the index is not record ${seq} of the ledger: the ledger was cut or replaced (docs/audit-storage.md)`,
  );
}
