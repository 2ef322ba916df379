import type { BacktestCall, BacktestNews } from '../core/backtest/backtest-call.ts';

/** Tries policies on the evidence: in a thread of this process, or by the API of evidence. */
export interface Backtests {
  /**
   * Runs one; whoever returns before the end calls it off.
   *
   * @throws BacktestsError; the signal's reason
   */
  run(call: BacktestCall, signal: AbortSignal): AsyncIterable<BacktestNews>;
}

export class BacktestsError extends Error {
  override readonly name = 'BacktestsError';
  /** Busy: others run already. OwnRuns: one of the same person does. The message of both says what to do. */
  readonly code: 'Busy' | 'OwnRuns' | 'Unavailable';

  constructor(code: BacktestsError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
