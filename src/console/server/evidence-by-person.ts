import { entryOf } from '../../core/evidence/entry.ts';
import type { EvidencePage, EvidenceQuery, Found } from '../../core/evidence/query.ts';
import { EvidenceError, type EvidenceReader } from '../../ports/evidence-reader.ts';

/**
 * What is recorded with a person, and what a user of that name did: only requests and votes say who a user is, and to
 * Kubernetes a person without an entry is their own username (R21). As `kubectl sallyport audit --person` finds it.
 *
 * A page ends where the shorter of both ends, and the next one begins there: `cursor` is a time.
 *
 * @throws EvidenceError
 */
export async function findByPerson(
  { person: _person, ...query }: EvidenceQuery,
  person: string,
  cursor: string | undefined,
  reader: EvidenceReader,
  signal: AbortSignal,
): Promise<EvidencePage> {
  const newest = query.order !== 'OldestFirst';
  const from = cursor === undefined ? {} : newest ? { until: timeOf(cursor) } : { since: timeOf(cursor) };
  const pages = await Promise.all([
    reader.find({ ...query, ...from, person }, signal),
    reader.find({ ...query, ...from, user: person }, signal),
  ]);
  const sign = newest ? -1 : 1;
  const all = new Map(
    pages.flatMap(({ found }) => found.map((each) => [`${each.ledger}/${each.record.seq}`, each] as const)),
  );
  const sorted = [...all.values()].sort((one, other) => sign * (at(one) - at(other)));
  const ends = pages.flatMap(({ found, next }) => {
    const last = found.at(-1);
    return next === undefined || last === undefined ? [] : [at(last)];
  });
  const behind = Math.max(...pages.map((page) => page.behind ?? 0));
  const rest = {
    unreadable: pages.flatMap(({ unreadable = [] }) => unreadable),
    ...(behind === 0 ? {} : { behind }),
  };
  if (ends.length === 0) return { found: sorted, ...rest };
  const end = newest ? Math.max(...ends) : Math.min(...ends);
  const before = sorted.filter((each) => sign * (at(each) - end) < 0);
  // Hundreds of one millisecond are one page, and what there is more of them is not shown.
  const isOne = before.length === 0;
  const next = newest ? end + (isOne ? 0 : 1) : end + (isOne ? 1 : 0);
  return { found: isOne ? sorted : before, ...rest, next: new Date(next).toISOString() };
}

function at({ record }: Found): number {
  return Date.parse(entryOf(record)?.at ?? record.time);
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

function timeOf(cursor: string): string {
  if (!TIME.test(cursor)) throw new EvidenceError('BadQuery', 'the page before came from another search');
  return cursor;
}
