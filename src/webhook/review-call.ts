import type { Call } from '../enforcement/call.ts';
import type { Clock } from '../ports/clock.ts';

/**
 * A call of the API server. Most reviews are judged from memory, with nothing to cut off: a signal with a time costs as much
 * as they do, so it is made when it is asked for.
 */
export class ReviewCall implements Call {
  readonly id: string;
  readonly revision: string;
  readonly deadline: number;
  readonly #callerGone: AbortSignal;
  readonly #clock: Clock;
  #signal: AbortSignal | undefined;

  constructor(id: string, revision: string, deadline: number, callerGone: AbortSignal, clock: Clock) {
    this.id = id;
    this.revision = revision;
    this.deadline = deadline;
    this.#callerGone = callerGone;
    this.#clock = clock;
  }

  /** Whatever is under way at the deadline is cut off: its answer would reach nobody. */
  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.any([
      this.#callerGone,
      AbortSignal.timeout(Math.max(this.deadline - this.#clock.now(), 0)),
    ]);
    return this.#signal;
  }
}
