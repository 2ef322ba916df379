import type { Target } from './scripted-api-server.ts';

export interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly uid?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

interface HistoryEntry {
  readonly type: EventType;
  readonly collection: string;
  readonly version: number;
  readonly object: StoredObject;
}

/** Objects with etcd-like revisions and their history. */
export class VersionedStore {
  version = 100;
  onChange: (type: EventType, collection: string, object: StoredObject) => void = () => {};
  #objects = new Map<string, Map<string, StoredObject>>();
  #history: HistoryEntry[] = [];
  #compactedTo = 0;

  /** Creates or replaces, whatever the version. */
  put(collection: string, object: StoredObject): StoredObject {
    const objects = this.#collection(collection);
    const key = keyOf(object);
    const old = objects.get(key);
    const uid = old?.metadata.uid ?? `uid-${this.version + 1}`;
    const stored = this.#stamp({ ...object, metadata: { ...object.metadata, uid } });
    objects.set(key, stored);
    this.#note(old === undefined ? 'ADDED' : 'MODIFIED', collection, stored);
    return stored;
  }

  remove(collection: string, namespace: string, name: string): boolean {
    const objects = this.#collection(collection);
    const key = namespace === '' ? name : `${namespace}/${name}`;
    const old = objects.get(key);
    if (old === undefined) return false;
    objects.delete(key);
    this.#note('DELETED', collection, this.#stamp(old));
    return true;
  }

  objects(collection: string): StoredObject[] {
    return [...this.#collection(collection).values()];
  }

  get(collection: string, key: string): StoredObject | undefined {
    return this.#collection(collection).get(key);
  }

  /** Forgets the history: watches from before now answer 410 Gone. */
  compact(): void {
    this.version += 1;
    this.#compactedTo = this.version;
    this.#history = [];
  }

  /** As after a restore of etcd from a backup: the revision is lower again, and there is no history. */
  rewind(version: number): void {
    this.version = version;
    this.#compactedTo = 0;
    this.#history = [];
  }

  /** Events after a version; undefined when that is compacted. */
  since(collection: string, version: number): HistoryEntry[] | undefined {
    if (version < this.#compactedTo) return undefined;
    return this.#history.filter((entry) => entry.collection === collection && entry.version > version);
  }

  handle(method: string, at: Target, query: Readonly<Record<string, string>>, body: StoredObject): [number, unknown] {
    const key = at.namespace === '' ? at.name : `${at.namespace}/${at.name}`;
    const current = at.name === '' ? undefined : this.get(at.collection, key);
    if (at.name === '' && method === 'GET') return this.#list(at, query);
    if (at.name === '' && method === 'POST') {
      const metadata = at.namespace === '' ? body.metadata : { ...body.metadata, namespace: at.namespace };
      const object = { ...body, metadata };
      const exists = this.get(at.collection, keyOf(object)) !== undefined;
      return exists
        ? [409, status(409, 'AlreadyExists', `${keyOf(object)} already exists`)]
        : [201, this.put(at.collection, object)];
    }
    if (current === undefined) return [404, status(404, 'NotFound', `${key} not found`)];
    switch (method) {
      case 'GET':
        return [200, current];
      case 'DELETE':
        this.remove(at.collection, at.namespace, at.name);
        return [200, status(200, '', '')];
      case 'PUT': {
        const wanted = body.metadata.resourceVersion;
        if (wanted !== undefined && wanted !== current.metadata.resourceVersion) {
          return [409, status(409, 'Conflict', 'the object has been modified')];
        }
        return [
          200,
          this.put(at.collection, {
            ...body,
            metadata: { ...body.metadata, ...(at.namespace === '' ? {} : { namespace: at.namespace }) },
          }),
        ];
      }
      case 'PATCH':
        return [
          200,
          this.put(at.collection, { ...current, ...body, metadata: { ...current.metadata, ...body.metadata } }),
        ];
      default:
        return [405, status(405, 'MethodNotAllowed', method)];
    }
  }

  #list(at: Target, query: Readonly<Record<string, string>>): [number, unknown] {
    const [snapshot, from] = (query['continue'] ?? `${this.version}:0`).split(':').map(Number) as [number, number];
    if (snapshot < this.#compactedTo) return [410, status(410, 'Expired', 'the continue token has expired')];
    const wanted = /^metadata\.name=(.+)$/.exec(query['fieldSelector'] ?? '')?.[1];
    const all = this.objects(at.collection).filter(
      ({ metadata }) =>
        (at.namespace === '' || metadata.namespace === at.namespace) &&
        (wanted === undefined || metadata.name === wanted),
    );
    const limit = Number(query['limit'] ?? all.length);
    const metadata = {
      resourceVersion: String(snapshot),
      ...(from + limit < all.length ? { continue: `${snapshot}:${from + limit}` } : {}),
    };
    return [200, { kind: 'List', metadata, items: all.slice(from, from + limit) }];
  }

  #collection(name: string): Map<string, StoredObject> {
    let objects = this.#objects.get(name);
    if (objects === undefined) this.#objects.set(name, (objects = new Map<string, StoredObject>()));
    return objects;
  }

  #stamp(object: StoredObject): StoredObject {
    this.version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
  }

  #note(type: EventType, collection: string, object: StoredObject): void {
    this.#history.push({ type, collection, version: this.version, object });
    this.onChange(type, collection, object);
  }
}

function keyOf({ metadata: { namespace, name } }: StoredObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** A metav1.Status. */
export function status(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: code < 400 ? 'Success' : 'Failure', code, reason, message };
}
