/** Time as an argument. Pure code takes a number instead. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason once `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` after `ms` milliseconds. Returns the way to call it off, which costs nothing where nearly all are called off. */
  after(ms: number, run: () => void): () => void;
}
