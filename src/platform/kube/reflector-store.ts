import { type KubeObject, objectKey } from './kube-object.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { WatchEvent } from './watch-event.ts';

/** What happened to one key; `object` is undefined once it is gone. */
export interface Change<T> {
  readonly key: string;
  readonly object: T | undefined;
}

/** `Replayed`: known already. `Disordered`: cannot be told from a lost event, so only a list helps. */
export type Applied<T> =
  | { readonly type: 'Changed'; readonly change: Change<T> }
  | { readonly type: 'Replayed' }
  | { readonly type: 'Disordered' };

/**
 * The objects of a collection as of `resourceVersion`. Objects are replaced, never changed. Time, network and policy are
 * the reflector's.
 */
export class ReflectorStore<T extends KubeObject> {
  #objects = new Map<string, T>();
  #list: readonly T[] | undefined;
  #resourceVersion = '0';

  /** Everything up to and including this version is in. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** The same array until the next change. */
  list(): readonly T[] {
    this.#list ??= [...this.#objects.values()];
    return this.#list;
  }

  /** Takes a whole list at once; what is not in it is reported as gone. */
  replace(objects: readonly T[], resourceVersion: string): Change<T>[] {
    const next = new Map(objects.map((object) => [objectKey(object), object]));
    const changes: Change<T>[] = [];
    for (const key of this.#objects.keys()) if (!next.has(key)) changes.push({ key, object: undefined });
    for (const [key, object] of next) if (!same(this.#objects.get(key), object)) changes.push({ key, object });
    this.#objects = next;
    this.#resourceVersion = resourceVersion;
    this.#list = undefined;
    return changes;
  }

  apply(event: Extract<WatchEvent<T>, { object: T }>): Applied<T> {
    const key = objectKey(event.object);
    const known = this.#objects.get(key)?.metadata.resourceVersion;
    const behind = compareResourceVersions(event.resourceVersion, this.#resourceVersion) <= 0;
    if (known !== undefined && compareResourceVersions(event.resourceVersion, known) <= 0) return { type: 'Replayed' };
    if (known === undefined && event.type === 'Deleted') {
      this.advance(event.resourceVersion);
      return { type: 'Replayed' };
    }
    // An object that we do not have, older than what we have seen: deleted since, or its first event was overtaken.
    if (known === undefined && behind) return { type: 'Disordered' };
    if (event.type === 'Deleted') this.#objects.delete(key);
    else this.#objects.set(key, event.object);
    this.#list = undefined;
    this.advance(event.resourceVersion);
    return { type: 'Changed', change: { key, object: event.type === 'Deleted' ? undefined : event.object } };
  }

  /** Notes that everything up to `resourceVersion` is in. An older one is ignored. */
  advance(resourceVersion: string): void {
    if (compareResourceVersions(resourceVersion, this.#resourceVersion) > 0) this.#resourceVersion = resourceVersion;
  }
}

function same(a: KubeObject | undefined, b: KubeObject): boolean {
  return a?.metadata.resourceVersion === b.metadata.resourceVersion && a?.metadata.uid === b.metadata.uid;
}
