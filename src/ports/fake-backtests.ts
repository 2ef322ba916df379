import type { BacktestCall, BacktestNews } from '../core/backtest/backtest-call.ts';
import type { Backtests, BacktestsError } from './backtests.ts';

/** Tells what it was given, and then waits for `go` where there is one. */
export class FakeBacktests implements Backtests {
  readonly calls: BacktestCall[] = [];
  news: readonly BacktestNews[] = [];
  /** Every run rejects with it until it is taken away. */
  failure: BacktestsError | undefined;
  /** Told after the first, once it has resolved. */
  go: Promise<void> | undefined;
  /** That were ended by their reader, or at their end. */
  ended = 0;

  async *run(call: BacktestCall, signal: AbortSignal): AsyncGenerator<BacktestNews> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.calls.push(call);
    if (this.failure !== undefined) throw this.failure;
    const gone = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    gone.catch(() => undefined);
    try {
      for (const [index, each] of this.news.entries()) {
        if (index > 0 && this.go !== undefined) await Promise.race([this.go, gone]);
        yield each;
      }
    } finally {
      this.ended += 1;
    }
  }
}
