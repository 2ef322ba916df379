import type { Clock } from '../../ports/clock.ts';
import { KubeUnreachableError } from './errors.ts';
import type { KubeObject } from './kube-object.ts';
import type { ListWatch } from './list-watch.ts';
import type { Applied, Change, ReflectorStore } from './reflector-store.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { WatchEvent } from './watch-event.ts';

export interface WatchTiming {
  /** How long the server keeps one watch. */
  readonly watchSeconds: number;
  /** When in a watch the freshness probe is sent; again every `watchSeconds` should the watch last longer. */
  readonly probeAfterMs: number;
  /** A watch that neither says anything nor ends for this long is cut. Longer than `watchSeconds`. */
  readonly silenceMs: number;
  /** With no proof of freshness for this long the collection is listed, which is one. */
  readonly unprovedMs: number;
}

/** Going on with the watch would leave the store wrong, or unproved. */
export class RelistError extends Error {
  readonly code = 'Relist';
  override readonly name = 'RelistError';
}

export interface WatchSession<T extends KubeObject> {
  readonly listWatch: ListWatch<T>;
  readonly store: ReflectorStore<T>;
  readonly clock: Clock;
  readonly timing: WatchTiming;
  readonly signal: AbortSignal;
  /** When freshness was last proved, or a list was completed (clock ms). */
  readonly provedAt: () => number;
  /** Everything that etcd held at `askedAt` (clock ms) is in the store. */
  readonly onProof: (askedAt: number) => void;
  /** After each event or bookmark, already in the store. */
  readonly onProgress: (change: Change<T> | undefined) => void;
}

interface Probe {
  readonly resourceVersion: string;
  readonly askedAt: number;
}

/**
 * Follows one watch until the server ends it, with the three things that a quiet one needs: a watchdog for silence, a
 * probe for freshness, and a limit on how long to go unproved.
 *
 * @throws RelistError, KubeUnreachableError (cut by the watchdog), whatever the transport throws, the signal's reason
 */
export async function followWatch<T extends KubeObject>(session: WatchSession<T>): Promise<void> {
  const { store, clock, timing } = session;
  const ending = new AbortController();
  const signal = AbortSignal.any([session.signal, ending.signal]);
  let heardAt = clock.now();
  let probes: Probe[] = [];

  function settleProbes(): void {
    const reached = probes.filter((p) => compareResourceVersions(p.resourceVersion, store.resourceVersion) <= 0);
    probes = probes.filter((probe) => !reached.includes(probe));
    for (const { askedAt } of reached) session.onProof(askedAt);
  }

  async function consume(): Promise<void> {
    const events = session.listWatch.watch(store.resourceVersion, timing.watchSeconds, signal);
    for await (const event of events) {
      if (signal.aborted) return;
      heardAt = clock.now();
      const applied = applyEvent(store, event);
      if (applied.type === 'Disordered') throw new RelistError('an event came out of order');
      session.onProgress(applied.type === 'Changed' ? applied.change : undefined);
      settleProbes();
    }
  }

  async function probeFreshness(): Promise<void> {
    await clock.sleep(timing.probeAfterMs, signal);
    for (;;) {
      const askedAt = clock.now();
      const before = store.resourceVersion;
      const resourceVersion = await session.listWatch.probe(signal);
      // etcd was restored from a backup: what we hold has not happened any more.
      if (compareResourceVersions(resourceVersion, before) < 0) throw new RelistError('history went back');
      probes.push({ resourceVersion, askedAt });
      settleProbes();
      await clock.sleep(timing.watchSeconds * 1000, signal);
    }
  }

  // More time left than there ever is: the clock was set back, and would keep a dead watch alive for as long.
  async function cutWhenSilent(): Promise<void> {
    for (;;) {
      const left = heardAt + timing.silenceMs - clock.now();
      if (left <= 0 || left > timing.silenceMs)
        throw new KubeUnreachableError(`the watch said nothing for ${timing.silenceMs} ms`);
      await clock.sleep(left, signal);
    }
  }

  async function cutWhenUnproved(): Promise<void> {
    for (;;) {
      const left = session.provedAt() + timing.unprovedMs - clock.now();
      if (left <= 0 || left > timing.unprovedMs) throw new RelistError('freshness could not be proved by the watch');
      await clock.sleep(left, signal);
    }
  }

  // The probe may fail by itself (an overloaded server): then the store goes unproved, and that is what counts.
  const guarded = probeFreshness().catch((error: unknown) => {
    if (error instanceof RelistError) throw error;
    return new Promise<never>(() => {});
  });
  try {
    await Promise.race([consume(), guarded, cutWhenSilent(), cutWhenUnproved(), aborted(signal)]);
  } finally {
    ending.abort();
  }
}

function applyEvent<T extends KubeObject>(store: ReflectorStore<T>, event: WatchEvent<T>): Applied<T> {
  if (event.type === 'Error') throw event.error;
  if (event.type !== 'Bookmark') return store.apply(event);
  store.advance(event.resourceVersion);
  return { type: 'Replayed' };
}

/** So that a transport which ignores its signal cannot keep the session. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
