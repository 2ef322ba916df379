import { mustBeKept } from '../../core/evidence/decision-record.ts';
import { type DecisionSubmission, decisionSubmission } from '../../core/evidence/decision-submission.ts';
import { type Backoff, backoffMs } from '../../core/api/backoff.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Keeping, Recorder } from '../../ports/recorder.ts';
import type { RecorderEvents } from './recorder-events.ts';

/** Where records become durable: the ledger of this process, or the spool. */
export interface RecordSink {
  /** Whether it would take so many more, as far as it knows. */
  hasRoom(records: number): boolean;
  /** Whether it takes what need not be kept too: whoever is refused a lot must not stop what is approved. */
  hasRoomToSpare(): boolean;
  /** Resolves when they are durable. One call at a time. */
  append(submissions: readonly DecisionSubmission[]): Promise<unknown>;
  /** Whether the error says that one of them will never be taken, rather than none of them now. */
  refuses(error: unknown): boolean;
}

export interface QueuedRecorder extends Recorder {
  /** One last attempt for what waits; nothing is taken any more. */
  close(): Promise<void>;
}

/** Some kilobytes each. A webhook that decides more before one sync ends is overloaded. */
const MAX_WAITING = 4_096;
/** Of these, the last quarter is for what must be kept. */
const MAX_UNWAITED = (MAX_WAITING * 3) / 4;
/** Of one commit: it delays the next one. */
const BATCH = 512;
const RETRY: Backoff = { baseMs: 100, capMs: 1_000 };
/** A commit that takes longer may not end before whoever waits for it is refused (KEEP_MS): half of that. */
const SLOW_MS = 1_500;
/** After one, no approval is spent for so long; then the next one tries, since nothing else may be written meanwhile. */
const REST_MS = 2_000;

interface Waiting {
  readonly submission: DecisionSubmission;
  readonly must: boolean;
  readonly resolve: (keeping: Keeping) => void;
}

/**
 * Commits in groups: what comes while one is under way goes with the next. What cannot be kept now is tried again, from a
 * bounded memory; whoever waits for it is told at once.
 */
export function createQueuedRecorder(
  sink: RecordSink,
  { clock, random, events }: { readonly clock: Clock; readonly random: () => number; readonly events: RecorderEvents },
): QueuedRecorder {
  let queue: Waiting[] = [];
  let failedAt: number | undefined;
  /** Of the commit under way. */
  let beganAt: number | undefined;
  /** When the last commit ended, if it was slow. */
  let slowAt = Number.NEGATIVE_INFINITY;
  let draining: Promise<void> | undefined;
  const closing = new AbortController();

  /** The first of a group waits for whoever comes in the same turn of the loop. */
  function start(): void {
    draining ??= Promise.resolve()
      .then(drain)
      .finally(() => {
        draining = undefined;
        if (queue.length > 0) start();
      });
  }

  async function drain(): Promise<void> {
    let failures = 0;
    while (queue.length > 0) {
      const batch = nextBatch();
      const failure = batch.length === 0 ? 'NoRoom' : await commit(batch);
      if (failure === undefined) {
        failures = 0;
        continue;
      }
      if (closing.signal.aborted) break;
      failures += 1;
      await clock.sleep(backoffMs(RETRY, failures, random), closing.signal).catch(() => undefined);
    }
    for (const { submission, resolve } of queue.splice(0)) {
      events.lost(submission.data.id, 'Closed');
      resolve('Lost');
    }
    events.waiting(0);
  }

  function nextBatch(): readonly Waiting[] {
    const takeable = sink.hasRoomToSpare() ? queue : queue.filter(({ must }) => must);
    return takeable.slice(0, BATCH);
  }

  /** @returns why none of them was kept */
  async function commit(batch: readonly Waiting[]): Promise<unknown> {
    try {
      await append(batch);
      settle(batch, 'Kept');
      return undefined;
    } catch (error) {
      if (sink.refuses(error)) {
        if (batch.length > 1) {
          for (const one of batch) {
            const failure = await commit([one]);
            if (failure !== undefined) return failure;
          }
          return undefined;
        }
        for (const { submission } of batch) events.lost(submission.data.id, 'Refused');
        settle(batch, 'Lost');
        return undefined;
      }
      if (failedAt === undefined) {
        failedAt = clock.now();
        events.failed(error);
      }
      // They stay in the queue; nobody waits for them any more.
      for (const { resolve } of batch) resolve('Lost');
      return error;
    }
  }

  async function append(batch: readonly Waiting[]): Promise<void> {
    const began = clock.now();
    beganAt = began;
    try {
      await sink.append(batch.map(({ submission }) => submission));
    } finally {
      beganAt = undefined;
      slowAt = clock.now() - began > SLOW_MS ? clock.now() : Number.NEGATIVE_INFINITY;
    }
  }

  /** A disk that hangs, or was slow just now; or this process was. */
  const isSlow = () => (beganAt === undefined ? clock.now() - slowAt < REST_MS : clock.now() - beganAt > SLOW_MS);

  function settle(batch: readonly Waiting[], keeping: Keeping): void {
    const done = new Set(batch);
    queue = queue.filter((each) => !done.has(each));
    events.waiting(queue.length);
    for (const { resolve } of batch) resolve(keeping);
    if (keeping === 'Kept' && failedAt !== undefined) {
      events.recovered((clock.now() - failedAt) / 1000);
      failedAt = undefined;
    }
  }

  return {
    hasRoom: () =>
      failedAt === undefined &&
      !isSlow() &&
      !closing.signal.aborted &&
      queue.length < MAX_WAITING &&
      sink.hasRoom(1 + queue.filter(({ must }) => must).length),
    record: (decision) => {
      const submission = decisionSubmission(decision);
      const must = mustBeKept(decision);
      if (closing.signal.aborted || queue.length >= (must ? MAX_WAITING : MAX_UNWAITED)) {
        events.lost(decision.id, closing.signal.aborted ? 'Closed' : 'Full');
        return Promise.resolve('Lost');
      }
      const { promise, resolve } = Promise.withResolvers<Keeping>();
      queue.push({ submission, must, resolve });
      events.waiting(queue.length);
      start();
      return promise;
    },
    close: async () => {
      closing.abort();
      await draining;
    },
  };
}
