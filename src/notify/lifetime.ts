import type { Clock } from '../ports/clock.ts';

/** From its run until the last of what it started has ended. */
export interface Lifetime {
  isRunning(): boolean;
  /** In milliseconds since the epoch; 0 before it. */
  startedAt(): number;
  /** While it runs, sleeps; returns early when it is to end. */
  sleep(ms: number): Promise<void>;
  /** Aborted when what is on its way has had its time. */
  readonly late: AbortSignal;
  /** Its end is waited for. @param job never rejects */
  start(job: Promise<void>): void;
  /** Runs until `signal` is aborted, once; `ending` is called then. Resolves when all that was started has ended. */
  run(signal: AbortSignal, ending: () => void): Promise<void>;
}

/** @param graceMs after the signal, for what is on its way, in milliseconds */
export function createLifetime(clock: Clock, graceMs: number): Lifetime {
  const working = new Set<Promise<void>>();
  const late = new AbortController();
  let signal: AbortSignal | undefined;
  let startedAt = 0;
  return {
    isRunning: () => signal?.aborted === false,
    startedAt: () => startedAt,
    sleep: (ms) => clock.sleep(ms, signal).catch(ignoreAbort),
    late: late.signal,
    start(job) {
      const done: Promise<void> = job.finally(() => working.delete(done));
      working.add(done);
    },
    async run(stop, ending) {
      if (signal !== undefined) throw new Error('it has been run already');
      startedAt = clock.now();
      signal = stop;
      const cancel = await new Promise<() => void>((resolve) => {
        const end = () => resolve(clock.after(graceMs, () => late.abort(stop.reason)));
        if (stop.aborted) end();
        else stop.addEventListener('abort', end, { once: true });
      });
      ending();
      while (working.size > 0) await Promise.all(working);
      cancel();
    },
  };
}

function ignoreAbort(): void {}
