import { KubeApiError, KubeUnreachableError } from '../../src/platform/kube/errors.ts';
import type { KubeObject } from '../../src/platform/kube/kube-object.ts';
import type { ListWatch } from '../../src/platform/kube/list-watch.ts';
import { parseWatchEvent } from '../../src/platform/kube/watch-event.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type StoredObject, VersionedStore } from './versioned-store.ts';

type Item = { readonly type: 'Line'; readonly line: string } | { readonly type: 'End' } | { readonly type: 'Reset' };

interface OpenWatch {
  readonly items: Item[];
  /** A black hole: the socket is open and nothing comes any more. */
  dead: boolean;
  wake: () => void;
}

const COLLECTION = '/simulated';

/**
 * One collection of an API server in virtual time, with its watch cache: bookmarks come from 2 s before a watch's end,
 * and only when the cache is past the version that the watch started from; a consistent read makes the cache catch up.
 */
export class SimulatedCollection implements ListWatch<KubeObject> {
  readonly store = new VersionedStore();
  /** Every request fails. */
  down = false;
  /** Every answer is this long on its way, in ms: it tells of the moment when it was asked for. */
  slowMs = 0;
  /** So many events are lost on their way to the watches, which no API server does. */
  dropNext = 0;
  lists = 0;
  #clock: Clock;
  #cacheVersion = 0;
  #watches = new Set<OpenWatch>();
  #heldBack: string | undefined;
  #holding = false;
  #stalls = 0;
  #older: unknown;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.store.onChange = (type, collection, object) => {
      if (collection !== COLLECTION) return;
      this.#cacheVersion = this.store.version;
      this.#deliver(JSON.stringify({ type, object }));
    };
  }

  put(name: string): void {
    this.store.put(COLLECTION, { metadata: { name } });
  }

  remove(name: string): void {
    this.store.remove(COLLECTION, '', name);
  }

  write(object: KubeObject): KubeObject {
    return this.store.put(COLLECTION, structuredClone(object) as unknown as StoredObject);
  }

  erase({ metadata: { namespace = '', name } }: KubeObject): void {
    this.store.remove(COLLECTION, namespace, name);
  }

  /** Writes one of the objects again as it is. */
  rewrite(index: number): void {
    const object = this.all()[index];
    if (object !== undefined) this.write(object);
  }

  stored(key: string): KubeObject | undefined {
    return this.store.get(COLLECTION, key);
  }

  all(): readonly KubeObject[] {
    return this.store.objects(COLLECTION);
  }

  /** Remembers the list as it is; lists answer with it until `catchUp`. No API server that keeps its word does. */
  fallBehind(): void {
    this.#older = structuredClone(this.#page(500, undefined)[1]);
  }

  catchUp(): void {
    this.#older = undefined;
  }

  /** An API server whose watch cache lags: nothing comes for `ms`, and then all that was missed. */
  stall(ms: number): void {
    this.#stalls += 1;
    const goOn = (): void => {
      this.#stalls -= 1;
      for (const watch of this.#watches) watch.wake();
    };
    this.#clock.sleep(ms).then(goOn, goOn);
  }

  /** A write to some other collection. */
  elsewhere(): void {
    this.store.put('/elsewhere', { metadata: { name: 'x' } });
  }

  /** Name → resourceVersion. */
  state(): Map<string, string> {
    return new Map(
      this.store.objects(COLLECTION).map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? '']),
    );
  }

  /** Runs two writes and delivers what follows from them the other way round. */
  swapped(first: () => void, second: () => void): void {
    this.#holding = true;
    first();
    this.#holding = false;
    second();
    if (this.#heldBack !== undefined) this.#deliver(this.#heldBack);
    this.#heldBack = undefined;
  }

  /** Repeats the last `count` events of the collection. */
  repeat(count: number): void {
    for (const { type, object } of (this.store.since(COLLECTION, this.store.version - count) ?? []).slice(-count)) {
      this.#deliver(JSON.stringify({ type, object }));
    }
  }

  raw(line: string): void {
    this.#deliver(line);
  }

  end(): void {
    this.#push({ type: 'End' });
  }

  reset(): void {
    this.#push({ type: 'Reset' });
  }

  blackHole(): void {
    for (const watch of this.#watches) watch.dead = true;
  }

  async list(limit: number, continueToken: string | undefined, signal: AbortSignal) {
    this.#refuse(signal);
    this.lists += 1;
    const [code, body] = this.#page(limit, continueToken);
    const answer = structuredClone(this.#older ?? body) as Awaited<ReturnType<ListWatch<KubeObject>['list']>>;
    await this.#travel(signal);
    if (code !== 200) throw new KubeApiError(code, 'Expired', 'expired');
    return answer;
  }

  async probe(signal: AbortSignal): Promise<string> {
    this.#refuse(signal);
    this.#cacheVersion = this.store.version;
    const version = String(this.store.version);
    await this.#travel(signal);
    return version;
  }

  async *watch(resourceVersion: string, timeoutSeconds: number, signal: AbortSignal) {
    this.#refuse(signal);
    const missed = this.store.since(COLLECTION, Number(resourceVersion));
    if (missed === undefined) {
      yield { type: 'Error', error: new KubeApiError(410, 'Expired', 'too old') } as const;
      return;
    }
    const items = missed.map(({ type, object }): Item => ({ type: 'Line', line: JSON.stringify({ type, object }) }));
    const watch: OpenWatch = { items, dead: false, wake: () => {} };
    this.#watches.add(watch);
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    stop.addEventListener('abort', () => watch.wake());
    this.#schedule(watch, Number(resourceVersion), timeoutSeconds, stop).catch(() => {});
    try {
      while (!signal.aborted) {
        const item = watch.dead || this.#stalls > 0 ? undefined : watch.items.shift();
        if (item === undefined) await new Promise<void>((resolve) => (watch.wake = resolve));
        else if (item.type === 'End') return;
        else if (item.type === 'Reset') throw new KubeUnreachableError('reset');
        else yield parseWatchEvent<KubeObject>(item.line);
      }
    } finally {
      over.abort();
      this.#watches.delete(watch);
    }
  }

  async #schedule(watch: OpenWatch, from: number, timeoutSeconds: number, signal: AbortSignal): Promise<void> {
    const bookmarks = Math.min(2, timeoutSeconds);
    await this.#clock.sleep((timeoutSeconds - bookmarks) * 1000, signal);
    for (let i = 0; i < bookmarks; i += 1) {
      const object = { metadata: { resourceVersion: String(this.#cacheVersion) } };
      if (this.#cacheVersion > from) push(watch, { type: 'Line', line: JSON.stringify({ type: 'BOOKMARK', object }) });
      await this.#clock.sleep(1000, signal);
    }
    push(watch, { type: 'End' });
  }

  #deliver(line: string): void {
    if (this.dropNext > 0) this.dropNext -= 1;
    else if (this.#holding) this.#heldBack = line;
    else this.#push({ type: 'Line', line });
  }

  #push(item: Item): void {
    for (const watch of this.#watches) push(watch, item);
  }

  #page(limit: number, continueToken: string | undefined): [number, unknown] {
    const query = { limit: String(limit), ...(continueToken === undefined ? {} : { continue: continueToken }) };
    const at = { collection: COLLECTION, namespace: '', name: '', subresource: '' };
    return this.store.handle('GET', at, query, { metadata: { name: '' } });
  }

  async #travel(signal: AbortSignal): Promise<void> {
    if (this.slowMs > 0) await this.#clock.sleep(this.slowMs, signal);
  }

  #refuse(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.down) throw new KubeUnreachableError('down');
  }
}

function push(watch: OpenWatch, item: Item): void {
  if (watch.dead) return;
  watch.items.push(item);
  watch.wake();
}
