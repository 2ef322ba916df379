/** A watched collection, held in memory. Keys are `namespace/name`, or `name` of cluster-scoped objects. */
export interface Watched<T> {
  get(key: string): T | undefined;
  list(): readonly T[];
  /** When it was last known to be in step with the API server, in milliseconds; 0 before the first time. */
  freshAt(): number;
  /** Calls back after each change, with undefined for what is gone. Returns the way to stop that. */
  onChange(callback: (key: string, object: T | undefined) => void): () => void;
}
