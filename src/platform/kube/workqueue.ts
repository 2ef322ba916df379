import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Backoff, backoffMs } from '../../core/api/backoff.ts';

/** How a reconcile ended; a rejection is a failure, tried again with backoff. */
export type ReconcileResult = { readonly type: 'Done' } | { readonly type: 'Again'; readonly afterMs: number };

export interface WorkQueueOptions {
  /** Brings the world in line for one key. Reads what is true now: it is never told what changed. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>;
  /** Keys worked on at once; one key never is twice. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Names the queue in logs. */
  readonly name: string;
  readonly backoff?: Backoff;
}

/** A level-triggered queue of keys: a key waits once, however often it was added. Keys are of things in a cache. */
export interface WorkQueue {
  /** While its key is being worked on, the key is worked on again afterwards. */
  add(key: string): void;
  /** In `ms`, or sooner if something sooner is planned already. */
  addAfter(key: string, ms: number): void;
  /** Forgets the key's failures and whatever is planned for later. */
  forget(key: string): void;
  /** Keys waiting or in work, not those planned for later. */
  size(): number;
  /** Works until `signal` is aborted, once; resolves when the last worker has finished. What is added later is ignored. */
  run(signal: AbortSignal): Promise<void>;
}

/** The first retry soon, the last ones seldom enough for an API server in trouble. */
const DEFAULT_BACKOFF: Backoff = { baseMs: 50, capMs: 60_000 };

interface Planned {
  readonly at: number;
  readonly cancel: AbortController;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, log, name } = options;
  const backoff = options.backoff ?? DEFAULT_BACKOFF;
  const waiting = new Set<string>();
  const working = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const failures = new Map<string, number>();
  const planned = new Map<string, Planned>();
  let active: AbortSignal | undefined;
  let stopped = false;

  function add(key: string): void {
    if (stopped) return;
    if (working.has(key)) again.add(key);
    else waiting.add(key);
    dispatch();
  }

  function addAfter(key: string, ms: number): void {
    if (ms <= 0) {
      add(key);
      return;
    }
    if (stopped) return;
    const at = clock.now() + ms;
    const earlier = planned.get(key);
    if (earlier !== undefined && earlier.at <= at) return;
    earlier?.cancel.abort();
    const plan: Planned = { at, cancel: new AbortController() };
    planned.set(key, plan);
    void clock.sleep(ms, plan.cancel.signal).then(
      () => {
        planned.delete(key);
        add(key);
      },
      () => {},
    );
  }

  function dispatch(): void {
    if (active === undefined || active.aborted) return;
    for (const key of waiting) {
      if (working.size >= options.concurrency) return;
      waiting.delete(key);
      working.set(key, work(key, active));
    }
  }

  async function work(key: string, signal: AbortSignal): Promise<void> {
    // Leaves the caller's stack: `add` must return before any work of it is done, and `working` must know the key.
    await Promise.resolve();
    try {
      const result = await options.reconcile(key, signal);
      failures.delete(key);
      if (result.type === 'Again') addAfter(key, result.afterMs);
    } catch (error) {
      if (!signal.aborted) retry(key, error);
    } finally {
      working.delete(key);
      if (again.delete(key)) waiting.add(key);
      dispatch();
    }
  }

  function retry(key: string, error: unknown): void {
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    const waitMs = backoffMs(backoff, count, options.random);
    log.warn({ err: error, queue: name, key, failures: count, waitMs }, 'reconcile failed');
    addAfter(key, waitMs);
  }

  function cancelPlan(key: string): void {
    planned.get(key)?.cancel.abort();
    planned.delete(key);
  }

  return {
    add,
    addAfter,
    forget(key) {
      failures.delete(key);
      cancelPlan(key);
    },
    size: () => waiting.size + working.size,
    async run(signal) {
      if (active !== undefined) throw new Error(`the queue ${name} has been run already`);
      active = signal;
      dispatch();
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      stopped = true;
      for (const key of planned.keys()) cancelPlan(key);
      await Promise.all(working.values());
    },
  };
}
