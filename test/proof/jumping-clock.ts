import type { Clock } from '../../src/ports/clock.ts';
import type { FakeClock } from '../../src/ports/fake-clock.ts';

/** The clock of a machine whose time somebody sets: what it shows jumps, how long it sleeps does not. */
export class JumpingClock implements Clock {
  /** How far it is ahead of the true time, in ms. */
  offset = 0;
  readonly #truth: FakeClock;

  constructor(truth: FakeClock) {
    this.#truth = truth;
  }

  now(): number {
    return this.#truth.now() + this.offset;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#truth.sleep(ms, signal);
  }

  after(ms: number, run: () => void): () => void {
    return this.#truth.after(ms, run);
  }
}
