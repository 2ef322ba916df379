import type { Watched } from '../../src/ports/watched.ts';

interface Named {
  readonly metadata: { readonly name?: string; readonly namespace?: string };
}

/** A watched collection that changes when the test says so. */
export class FakeWatched<T extends Named> implements Watched<T> {
  /** A time, or what tells it. */
  fresh: number | (() => number) = Number.NEGATIVE_INFINITY;
  readonly #objects = new Map<string, T>();
  readonly #callbacks = new Set<(key: string, object: T | undefined) => void>();

  put(object: T): void {
    const { namespace, name = '' } = object.metadata;
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    this.#objects.set(key, object);
    for (const callback of this.#callbacks) callback(key, object);
  }

  remove(key: string): void {
    this.#objects.delete(key);
    for (const callback of this.#callbacks) callback(key, undefined);
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  freshAt(): number {
    return typeof this.fresh === 'number' ? this.fresh : this.fresh();
  }

  onChange(callback: (key: string, object: T | undefined) => void): () => void {
    this.#callbacks.add(callback);
    return () => {
      this.#callbacks.delete(callback);
    };
  }

  /** How many are told of changes. */
  get listeners(): number {
    return this.#callbacks.size;
  }
}
