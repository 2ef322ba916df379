import { Worker } from 'node:worker_threads';
import type { JsonObject } from '../../core/attributes/json.ts';
import type { BacktestNews } from '../../core/backtest/backtest-call.ts';
import { createPeople, type PeopleMap } from '../../core/people/people.ts';
import { type Backtests, BacktestsError } from '../../ports/backtests.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BacktestError } from './backtest-error.ts';
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

/** Whoever has just called one off may begin the next: its thread is on its way out. */
const SETTLE_MS = 2_000;

/** The API server ends a call after 60 s (`--request-timeout`). */
export const LONGEST_MS = 45_000;

/** Its tables are bounded by their own limits; this is for what a policy or an event makes of them. */
const HEAP_MIB = 256;

/**
 * Runs each in a thread of its own, over the files of the ledger: nothing of it waits in the event loop that takes events
 * in, and whatever a pasted policy does (a dear condition, YAML that unfolds) ends with the thread.
 *
 * Of each person one runs at a time, by whichever way they ask and under whichever of their usernames: so nobody alone can
 * hold all slots. None is kept free for anybody: those who wait do so for less than a minute.
 */
export function createBacktestThreads(world: BacktestWorld): Backtests {
  const { clock } = world;
  /** By person; resolves when it is over. */
  const running = new Map<string, Promise<void>>();
  return {
    async *run(call, signal) {
      signal.throwIfAborted();
      const people = world.people();
      const who = createPeople(people).ofUsername(call.by);
      const person = who.owner ?? who.person;
      const own = running.get(person);
      if (own !== undefined) {
        const settled = new AbortController();
        await Promise.race([own, clock.sleep(SETTLE_MS, AbortSignal.any([signal, settled.signal]))]).finally(() =>
          settled.abort(),
        );
        signal.throwIfAborted();
      }
      if (running.has(person)) throw new BacktestsError('OwnRuns', OWN_RUNS);
      if (running.size >= MAX_AT_ONCE) throw new BacktestsError('Busy', OTHERS_RUN);
      const job: BacktestJob = {
        call,
        directory: world.directory,
        namespaces: world.namespaces(),
        people,
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
      const over = Promise.withResolvers<void>();
      running.set(person, over.promise);
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
        running.delete(person);
        over.resolve();
      }
    },
  };
}

const OWN_RUNS =
  'another back-test of yours runs, and each person may run one: cancel it where you began it, or try again when it is over, in 45 s at most';
const OTHERS_RUN = 'others run back-tests now, as many as may run at once: try again in 10 s';
const TOO_LONG = `this takes longer than ${LONGEST_MS / 1000} s; take fewer days or policies, or run sallyport policy backtest --ledger where the ledger is`;

/** Never the error's own text, which may name files of this machine: it goes out to whoever asked. */
function failureText(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ERR_WORKER_OUT_OF_MEMORY':
      return 'this takes more memory than it may have; take fewer days or policies';
    case 'Unreadable' satisfies BacktestError['code']:
      return 'the ledger cannot be read; the log of the role audit says why';
    default:
      return 'the back-test failed; the log of the role audit says why';
  }
}
