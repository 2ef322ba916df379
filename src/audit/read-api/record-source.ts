import type { EvidenceRecord } from '../../core/evidence/evidence-record.ts';
import { createBell } from '../../platform/clock/bell.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Selection } from './selection.ts';
import { seqOfVersion, versionOf } from './version.ts';

/** What a watch asks for. Times are nothing to it. */
export interface Followed {
  readonly selection: Selection;
  readonly namespace: string | undefined;
}

/** What watches go along. */
export interface RecordSource {
  /**
   * Asked before a list is made: a watch from there shows whatever the list has not, and perhaps some that it has.
   *
   * @throws EvidenceError Unavailable
   */
  version(): Promise<string>;
  /**
   * @param version one of ours; `''` or `0`: from now on
   * @throws ReadApiError Expired. EvidenceError Unavailable, BadQuery
   */
  from(version: string, followed: Followed): Promise<RecordCursor>;
}

export interface FollowedRecord {
  readonly ledger: string;
  readonly record: EvidenceRecord;
  /** From which a watch goes on behind it. */
  readonly version: string;
}

export interface RecordCursor extends Disposable {
  /** The next few, among them perhaps some that nobody asked for; none where there is nothing new yet. */
  next(): Promise<readonly FollowedRecord[]>;
  /** From which a watch goes on behind all that `next` has given. */
  version(): string;
  /** Resolves when there may be something new, at the signal, or after `ms`. */
  news(ms: number, signal: AbortSignal): Promise<void>;
}

/** A look at the ledger: short enough that nothing else of the process waits for it. */
export const READ = { records: 200, bytes: 1024 * 1024 };
/** A commit tells of itself; this is for what is lost. */
const LOOK_MS = 5_000;

/**
 * Follows the ledger of this process: every record that is durable, in its order. What another replica writes is not in it.
 *
 * @param indexed number of the last record that a search finds; undefined where nothing is indexed
 */
export function createLedgerSource(
  ledger: Pick<Ledger, 'id' | 'read' | 'onCommitted' | 'head'>,
  indexed: () => number | undefined,
  clock: Clock,
): RecordSource {
  return {
    version: () => Promise.resolve(versionOf(ledger, indexed() ?? 0)),
    from: async (version) => {
      let seq = seqOfVersion(version, ledger) ?? ledger.head()?.seq ?? 0;
      // A commit between a look and the wait for the next one is not missed.
      const committed = createBell();
      const stop = ledger.onCommitted(committed.ring);
      return {
        next: async () => {
          const records = await ledger.read(seq, READ);
          seq = records.at(-1)?.seq ?? seq;
          return records.map(({ record }) => ({
            ledger: ledger.id,
            record,
            version: versionOf(ledger, record.seq),
          }));
        },
        version: () => versionOf(ledger, seq),
        news: (ms, signal) => committed.wait(clock, Math.min(LOOK_MS, ms), signal),
        [Symbol.dispose]: stop,
      };
    },
  };
}
