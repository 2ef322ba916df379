/** Runs work one after the other for each key, and at once for different keys. */
export type KeyedLock = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** A request has up to 64 destinations, whose entries are in one status: they would only lose races against each other. */
export function createKeyedLock(): KeyedLock {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key);
    const mine = (before ?? Promise.resolve()).then(work, work);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
