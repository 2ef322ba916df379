import type { Clock } from '../ports/clock.ts';

/** One call of an enforcement point. */
export interface Call {
  /** The decision id: random, and the same in the log, the ledger, the use and the audit event. */
  readonly id: string;
  /** Of the policies that the caller asks for (R3): a replica that is behind them does not decide. */
  readonly revision?: string;
  /** After this, in milliseconds since the epoch, nothing is used any more (R43). */
  readonly deadline: number;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

/** Whether it is too late to use anything: the answer would reach nobody. */
export function isTooLate(call: Call, clock: Clock): boolean {
  return call.signal.aborted || clock.now() >= call.deadline;
}
