import { LedgerError } from '../../ports/ledger.ts';
import { type Encoded, lengthOf } from './write-group.ts';

export interface QueueLimits {
  /** Waiting at once, besides those that are being written. One append that comes while nothing waits may be larger. */
  readonly records: number;
  readonly bytes: number;
  /** Written and synced at once. */
  readonly groupBytes: number;
}

export interface CommitQueue {
  /** @throws LedgerError Busy, Closed, Unwritable */
  add(items: readonly Encoded[]): Promise<readonly number[]>;
  /** Runs when nothing is being written, and before what waits. */
  between<Result>(run: () => Promise<Result>): Promise<Result>;
  /** What waits is still written; nothing is taken any more. */
  close(): Promise<void>;
}

interface Waiting {
  readonly items: readonly Encoded[];
  readonly bytes: number;
  readonly resolve: (numbers: readonly number[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Group commit: what comes while a group is being written makes the next group.
 *
 * @param commit writes all of a group, and answers for each append of it
 */
export function createCommitQueue(
  limits: QueueLimits,
  commit: (appends: readonly (readonly Encoded[])[]) => Promise<readonly (readonly number[])[]>,
): CommitQueue {
  let waiting: Waiting[] = [];
  let records = 0;
  let bytes = 0;
  let closed = false;
  let running: Promise<void> | undefined;
  let tasks: (() => Promise<void>)[] = [];

  const next = (): readonly Waiting[] => {
    let size = 0;
    let count = 0;
    for (const { bytes: each } of waiting) {
      if (count > 0 && size + each > limits.groupBytes) break;
      size += each;
      count += 1;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    bytes -= size;
    records -= group.reduce((sum, { items }) => sum + items.length, 0);
    return group;
  };

  const run = async () => {
    // Whatever else is submitted in this turn of the event loop goes with the first.
    await Promise.resolve();
    while (waiting.length > 0 || tasks.length > 0) {
      const due = tasks;
      tasks = [];
      for (const task of due) await task();
      const group = next();
      if (group.length === 0) continue;
      try {
        const answers = await commit(group.map(({ items }) => items));
        group.forEach(({ resolve }, index) => resolve(answers[index] ?? []));
      } catch (error) {
        const failure =
          error instanceof LedgerError
            ? error
            : new LedgerError('Unwritable', 'the disk refused to keep the records', { cause: error });
        for (const { reject } of group) reject(failure);
      }
    }
    running = undefined;
  };
  const start = () => {
    running ??= run();
  };

  return {
    add: (items) =>
      new Promise((resolve, reject) => {
        const size = items.reduce((sum, item) => sum + lengthOf(item), 0);
        if (closed) reject(new LedgerError('Closed', 'the ledger is closed'));
        else if (waiting.length > 0 && (records + items.length > limits.records || bytes + size > limits.bytes))
          reject(new LedgerError('Busy', `${records} records wait for the disk already`));
        else {
          waiting.push({ items, bytes: size, resolve, reject });
          records += items.length;
          bytes += size;
          start();
        }
      }),
    between: (task) =>
      new Promise((resolve, reject) => {
        tasks.push(() => task().then(resolve, reject));
        start();
      }),
    close: async () => {
      closed = true;
      await running;
    },
  };
}
