import { Worker } from 'node:worker_threads';
import type { JsonObject } from '../../core/attributes/json.ts';
import type { BacktestNews } from '../../core/backtest/backtest-call.ts';
import type { PeopleMap } from '../../core/people/people.ts';
import { type Backtests, BacktestsError } from '../../ports/backtests.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BacktestJob } from './run-job.ts';

export interface BacktestWorld {
  /** Of the ledger's segments. */
  readonly directory: string;
  readonly namespaces: () => readonly JsonObject[];
  readonly people: () => PeopleMap;
  /** Whether other replicas keep ledgers of their own. */
  readonly ofOneLedger: boolean;
  readonly clock: Clock;
  /** What nobody is told but the operator. */
  readonly failed: (error: unknown) => void;
}

/** Each takes a processor for as long as it lasts, beside the receiver and, where it is the same process, the gate. */
const MAX_AT_ONCE = 2;

/** The API server ends a call after 60 s (`--request-timeout`). */
export const LONGEST_MS = 45_000;

/** Its tables are bounded by their own limits; this is for what a policy or an event makes of them. */
const HEAP_MIB = 256;

/**
 * Runs each in a thread of its own, over the files of the ledger: nothing of it waits in the event loop that takes events
 * in, and whatever a pasted policy does (a dear condition, YAML that unfolds) ends with the thread.
 */
export function createBacktestThreads(world: BacktestWorld): Backtests {
  const { clock } = world;
  let running = 0;
  return {
    async *run(call, signal) {
      signal.throwIfAborted();
      if (running >= MAX_AT_ONCE) throw new BacktestsError('Busy', 'others run a back-test now; try again in a moment');
      running += 1;
      const job: BacktestJob = {
        call,
        directory: world.directory,
        namespaces: world.namespaces(),
        people: world.people(),
        now: clock.now(),
        ofOneLedger: world.ofOneLedger,
      };
      const news: BacktestNews[] = [];
      let wake = Promise.withResolvers<void>();
      const tell = (item: BacktestNews): void => {
        // Whoever reads slowly is told where it is now.
        if (news.at(-1)?.type === 'Progress') news.pop();
        news.push(item);
        wake.resolve();
      };
      const wakeUp = (): void => wake.resolve();
      let worker: Worker | undefined;
      let callOff: (() => void) | undefined;
      try {
        worker = new Worker(new URL('backtest-worker.ts', import.meta.url), {
          workerData: job,
          resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
        });
        worker.on('message', tell);
        worker.on('error', (error: unknown) => {
          world.failed(error);
          tell({ type: 'Failed', message: failureText(error) });
        });
        worker.on('exit', () => tell({ type: 'Failed', message: 'the back-test ended too early' }));
        callOff = clock.after(LONGEST_MS, () => tell({ type: 'Failed', message: TOO_LONG }));
        signal.addEventListener('abort', wakeUp);
        for (;;) {
          signal.throwIfAborted();
          const next = news.shift();
          if (next === undefined) {
            wake = Promise.withResolvers<void>();
            await wake.promise;
            continue;
          }
          yield next;
          if (next.type !== 'Progress') return;
        }
      } finally {
        signal.removeEventListener('abort', wakeUp);
        callOff?.();
        await worker?.terminate();
        running -= 1;
      }
    },
  };
}

const TOO_LONG = `this takes longer than ${LONGEST_MS / 1000} s; take fewer days or policies, or run sallyport policy backtest --ledger where the ledger is`;

/** Of a thread that went beyond its memory Node says so by this code. */
function failureText(error: unknown): string {
  const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isMemory ? 'this takes more memory than it may have; take fewer days or policies' : 'the back-test failed';
}
