import type { Clock } from '../../ports/clock.ts';
import type { Ledger, StoredRecord } from '../../ports/ledger.ts';
import { follow, type Follower } from '../ledger/follow.ts';
import { alignIndex } from './align-index.ts';
import { type EvidenceIndex, IndexError } from './evidence-index.ts';
import type { IndexEvents } from './index-events.ts';

export interface KeepIndexOptions {
  readonly ledger: Ledger;
  readonly open: () => Promise<EvidenceIndex>;
  /** Removes a database that cannot be read any more; without it nothing can be done about one but to try again. */
  readonly discard?: () => Promise<void>;
  /** Given to the index at once. */
  readonly limits: Follower['limits'];
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: IndexEvents;
}

export interface KeptIndex {
  /** Undefined while there is none that can be asked. */
  current(): EvidenceIndex | undefined;
  /** Number of the last record that it holds; 0 before the first. */
  indexed(): number;
  /** Opens it, adds what the ledger has, and opens it again where it broke, until the signal. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** A database that is away is tried again so often. */
const REOPEN_MS = 10_000;

/** How long behind is told so often while nothing moves. */
const LAG_MS = 15_000;

export function keepIndex(options: KeepIndexOptions): KeptIndex {
  const { ledger, open, discard, limits, clock, random, events } = options;
  let current: EvidenceIndex | undefined;
  let indexed = 0;
  /** When the last record that is in it was written. */
  let reached: number | undefined;

  const tellLag = (): void => {
    const records = Math.max(0, (ledger.head()?.seq ?? 0) - indexed);
    const seconds = records === 0 || reached === undefined ? 0 : Math.max(0, clock.now() - reached) / 1_000;
    events.lag(records, seconds);
  };

  /** Until the signal, or until `broken`. */
  const feed = async (index: EvidenceIndex, broken: Breaking, signal: AbortSignal): Promise<void> => {
    const handle = async (records: readonly StoredRecord[]): Promise<void> => {
      try {
        await addInOrder(index, indexed, records);
      } catch (error) {
        if (isRetried(error)) throw error;
        return broken.by(error);
      }
      indexed = records.at(-1)?.seq ?? indexed;
      reached = Date.parse(records.at(-1)?.record.time ?? '');
      events.added(records.length);
      tellLag();
    };
    const cursor = { load: () => Promise.resolve(indexed), save: () => Promise.resolve() };
    const onError: Follower['onError'] = (error) => events.failed('Add', error);
    const either = AbortSignal.any([signal, broken.signal]);
    await follow({ ledger, cursor, handle, limits, clock, random, onError }, either);
  };

  const once = async (signal: AbortSignal): Promise<void> => {
    const index = await open();
    const broken = createBreaking();
    try {
      current = { ...index, find: (search, asker) => broken.watch(index.find(search, asker)) };
      indexed = await alignIndex(index, ledger, events);
      events.opened(indexed);
      tellLag();
      await feed(index, broken, signal);
      broken.check();
    } finally {
      current = undefined;
      await index[Symbol.asyncDispose]();
    }
  };

  return {
    current: () => current,
    indexed: () => indexed,
    run: async (signal) => {
      const lag = tellAgain(tellLag, clock, signal);
      while (!signal.aborted) {
        try {
          await once(signal);
        } catch (error) {
          if (signal.aborted) break;
          events.failed('Open', error);
          if (error instanceof IndexError && error.code === 'Corrupt') {
            await discard?.().catch((failure: unknown) => events.failed('Open', failure));
          }
          await clock.sleep(REOPEN_MS, signal).catch(() => undefined);
        }
      }
      await lag;
    },
  };
}

/** That an index is of no more use, whoever notices first. */
interface Breaking {
  readonly signal: AbortSignal;
  by(error: unknown): void;
  /** @throws what broke it */
  check(): void;
  watch<T>(asked: Promise<T>): Promise<T>;
}

function createBreaking(): Breaking {
  const broken = new AbortController();
  const by = (error: unknown): void => broken.abort(error);
  return {
    signal: broken.signal,
    by,
    check: () => broken.signal.throwIfAborted(),
    watch: async (asked) => {
      try {
        return await asked;
      } catch (error) {
        if (error instanceof IndexError && error.code === 'Corrupt') by(error);
        throw error;
      }
    },
  };
}

/** Retention may have been faster than we were: what is gone is never found, and a gap is not made silently. */
async function addInOrder(index: EvidenceIndex, indexed: number, records: readonly StoredRecord[]): Promise<void> {
  const first = records[0]?.seq ?? 0;
  if (first !== indexed + 1 && indexed !== 0) {
    throw new IndexError('Corrupt', `record ${first} follows on ${indexed}: the index is made anew`);
  }
  await index.add(records);
}

function isRetried(error: unknown): boolean {
  return !(error instanceof IndexError) || error.code === 'Unavailable' || error.code === 'Slow';
}

async function tellAgain(tell: () => void, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(LAG_MS, signal).catch(() => undefined);
    tell();
  }
}
