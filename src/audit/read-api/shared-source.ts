import type { UsernamesOf } from '../../core/evidence/by-person.ts';
import type { Unreadable } from '../../core/evidence/query.ts';
import type { Clock } from '../../ports/clock.ts';
import { EvidenceError } from '../../ports/evidence-reader.ts';
import { toldError } from '../index/create-evidence-reader.ts';
import type { SharedRecords } from '../index/evidence-index.ts';
import { recordOf } from '../index/record-of.ts';
import { type Search, searchOf } from '../index/search.ts';
import { type Followed, type FollowedRecord, READ, type RecordSource } from './record-source.ts';
import { MAX_LEDGERS, positionOfVersion, versionOfAll } from './version.ts';

export interface SharedSourceOptions {
  /** Undefined while the index is not open. */
  readonly shared: () => SharedRecords | undefined;
  readonly usernamesOf: UsernamesOf;
  readonly clock: Clock;
  readonly events: {
    unreadable(record: Unreadable): void;
    /** It is asked again. */
    unanswered(what: string, error: unknown): void;
  };
}

/** How often the index is asked how far it is: once for all who follow. */
const POLL_MS = 1_000;
/** Of records that nobody asked for, one question passes over so many: it must not take longer than a search may. */
const STRETCH_RECORDS = 20_000;

/**
 * Follows what all replicas have put into one index: of each ledger all records in their order, none left out and none twice.
 * It goes by a number of each ledger, since only those are given in the order in which they become visible.
 */
export function createSharedSource({ shared, usernamesOf, clock, events }: SharedSourceOptions): RecordSource {
  let asked: { readonly at: number; readonly answer: Promise<ReadonlyMap<string, number>> } | undefined;

  const open = (): SharedRecords => {
    const records = shared();
    if (records === undefined) throw new EvidenceError('Unavailable', 'the index of the evidence is not open');
    return records;
  };
  const reachedNow = async (): Promise<ReadonlyMap<string, number>> => {
    const reached = await open().reached();
    if (reached.size > MAX_LEDGERS) {
      const what = `the index has more than ${MAX_LEDGERS} ledgers: delete those that are gone (docs/audit-storage.md)`;
      throw new EvidenceError('Unavailable', what);
    }
    return reached;
  };
  const reachedLately = (): Promise<ReadonlyMap<string, number>> => {
    if (asked === undefined || clock.now() - asked.at >= POLL_MS) {
      asked = { at: clock.now(), answer: reachedNow() };
    }
    return asked.answer;
  };

  return {
    version: async () => versionOfAll(await told(reachedNow())),
    from: async (version, followed) => {
      const position = positionOfVersion(version);
      const search = searchOfFollowed(followed, usernamesOf);
      const positions = new Map<string, number>();
      for (const [ledger, last] of await told(reachedNow())) positions.set(ledger, position?.(ledger) ?? last);
      let failing = false;
      let passed = false;

      /** The next few of one ledger; undefined where there is nothing new in it. */
      const nextOf = async (ledger: string, last: number): Promise<readonly FollowedRecord[] | undefined> => {
        // One that came later has been shown nothing of.
        const after = positions.get(ledger) ?? 0;
        if (after >= last) return undefined;
        const to = Math.min(last, after + STRETCH_RECORDS);
        const hits = await open().read({ ledger, after, to }, search, READ.bytes);
        const found: FollowedRecord[] = [];
        for (const hit of hits) {
          const { seq, id, line } = hit;
          positions.set(ledger, seq);
          const record = recordOf(hit, line.in === 'Index' ? line.bytes : undefined);
          if (typeof record === 'string') events.unreadable({ ledger, seq, id, why: record });
          else found.push({ ledger, record, version: versionOfAll(positions) });
        }
        if (hits.length === 0) positions.set(ledger, to);
        return found;
      };

      return {
        next: async () => {
          const found: FollowedRecord[] = [];
          passed = false;
          try {
            for (const [ledger, last] of await reachedLately()) {
              const some = await nextOf(ledger, last);
              passed ||= some !== undefined;
              found.push(...(some ?? []));
            }
            failing = false;
          } catch (error) {
            // A database that is away for a while ends no watch: it goes on where it was.
            if (!failing) events.unanswered('the index cannot be followed; it is asked again', error);
            failing = true;
          }
          return found;
        },
        version: () => versionOfAll(positions),
        news: async (ms, signal) => {
          // What nobody asked for was passed over, and more may stand behind it.
          if (!passed || failing) await clock.sleep(Math.min(POLL_MS, ms), signal).catch(() => undefined);
        },
        [Symbol.dispose]: () => undefined,
      };
    },
  };
}

async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw toldError(error);
  }
}

function searchOfFollowed({ selection, namespace }: Followed, usernamesOf: UsernamesOf): Search {
  const { since: _since, until: _until, order: _order, ...rest } = selection;
  const where = namespace === undefined ? {} : { namespace };
  return searchOf({ ...rest, ...where, limit: READ.records }, undefined, usernamesOf);
}
