import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Backoff, backoffMs } from '../../core/api/backoff.ts';
import { isApiError, KubeResponseError } from './errors.ts';
import type { KubeObject } from './kube-object.ts';
import type { ListWatch } from './list-watch.ts';
import { listAll } from './list-all.ts';
import { type Change, ReflectorStore } from './reflector-store.ts';
import { RelistError, type WatchTiming, followWatch } from './watch-session.ts';

export type ChangeListener<T> = (key: string, object: T | undefined) => void;

/** A collection of the cluster, held in memory and kept in step. */
export interface Reflector<T extends KubeObject> {
  /** `key` is `namespace/name`, or `name` where the kind is cluster-scoped. Objects must not be changed. */
  get(key: string): T | undefined;
  /** The same array until the next change. */
  list(): readonly T[];
  /** True once a whole list has been read; it stays true. */
  synced(): boolean;
  /**
   * The latest moment (clock ms) of which it is proved that everything that etcd held then is in here; 0 before the
   * first list. The moment is when we *asked*, so neither a slow network nor a lagging API server makes it look younger.
   * A caller that needs at most 10 s (rule R1) compares it with its own clock.
   */
  freshAt(): number;
  /** Calls back after each change; `object` is undefined once gone. For enqueueing only. Returns how to stop. */
  onChange(listener: ChangeListener<T>): () => void;
  /** Lists and watches until `signal` is aborted; never rejects. @throws Error when it runs already */
  run(signal: AbortSignal): Promise<void>;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly listWatch: ListWatch<T>;
  /** Names the collection in logs. */
  readonly name: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly timing?: Partial<ReflectorTiming>;
}

export interface ReflectorTiming extends WatchTiming {
  readonly backoff: Backoff;
}

/**
 * The API server sends a bookmark from 2 s before a watch's deadline on (cacheWatcher.nextBookmarkTime), but only when its
 * cache is past the version that the watch started from. So every watch is short, and early in each a consistent read
 * makes that cache catch up: its version, once reached, is the proof of freshness. Proofs then lie 4 to 7 s back, never 10.
 */
const DEFAULT_REFLECTOR_TIMING: ReflectorTiming = {
  watchSeconds: 4,
  probeAfterMs: 1_000,
  silenceMs: 8_000,
  unprovedMs: 8_000,
  backoff: { baseMs: 100, capMs: 3_000 },
};

/** A watch that ended sooner, having said nothing, counts as a failure: no tight loop against a broken proxy. */
const SHORTEST_WATCH_MS = 1_000;

export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { listWatch, name, clock, random, log } = options;
  const timing = { ...DEFAULT_REFLECTOR_TIMING, ...options.timing };
  const store = new ReflectorStore<T>();
  const listeners = new Set<ChangeListener<T>>();
  let freshAt = 0;
  let listedAt = 0;
  let synced = false;
  let running = false;

  function announce(changes: readonly Change<T>[]): void {
    for (const { key, object } of changes) {
      for (const listener of listeners) {
        try {
          listener(key, object);
        } catch (error) {
          log.error({ err: error, resource: name, key }, 'a change listener failed');
        }
      }
    }
  }

  /** A clock that was set back has left moments that are still to come: they prove nothing. */
  function provedSince(...moments: readonly number[]): number {
    const now = clock.now();
    return Math.max(0, ...moments.filter((moment) => moment <= now));
  }

  async function relist(signal: AbortSignal): Promise<void> {
    const askedAt = clock.now();
    const { objects, resourceVersion } = await listAll(listWatch, signal);
    const changes = store.replace(objects, resourceVersion);
    freshAt = provedSince(askedAt);
    listedAt = clock.now();
    synced = true;
    log.debug({ resource: name, objects: objects.length, changed: changes.length }, 'listed');
    announce(changes);
  }

  async function supervise(signal: AbortSignal): Promise<void> {
    let needsList = true;
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = clock.now();
      let progressed = false;
      let failure: unknown;
      try {
        if (needsList) await relist(signal);
        needsList = false;
        await followWatch({
          listWatch,
          store,
          clock,
          timing,
          signal,
          // A list that took long proves little, but gives the watch its time: no second list at once.
          provedAt: () => Math.max(freshAt, listedAt),
          onProof: (askedAt) => {
            freshAt = provedSince(askedAt, freshAt);
          },
          onProgress: (change) => {
            progressed = true;
            if (change !== undefined) announce([change]);
          },
        });
        progressed ||= clock.now() - startedAt >= SHORTEST_WATCH_MS;
      } catch (error) {
        failure = error;
      }
      if (signal.aborted) return;
      freshAt = provedSince(freshAt);
      if (progressed) failures = 0;
      if (failure === undefined && progressed) continue;
      needsList ||= asksForList(failure);
      failures += 1;
      const waitMs = backoffMs(timing.backoff, failures, random);
      // One interruption is an API server that restarts; several in a row are worth somebody's attention.
      const level = failures === 1 ? 'info' : 'warn';
      log[level]({ err: failure, resource: name, failures, waitMs, relist: needsList }, 'watch interrupted');
      await clock.sleep(waitMs, signal).catch(ignoreAbort);
    }
  }

  return {
    get: (key) => store.get(key),
    list: () => store.list(),
    synced: () => synced,
    // Kept so: when the clock is there again, it still proves nothing.
    freshAt: () => (freshAt = provedSince(freshAt)),
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    async run(signal) {
      if (running) throw new Error(`the reflector of ${name} runs already`);
      running = true;
      try {
        await supervise(signal);
      } finally {
        running = false;
      }
    },
  };
}

/** After a mere loss of connection the watch goes on where it was: no storm of lists when an API server returns. */
function asksForList(failure: unknown): boolean {
  return failure instanceof RelistError || failure instanceof KubeResponseError || isApiError(failure, 410);
}

/** The loop's own condition notices the abort. */
function ignoreAbort(): void {}
