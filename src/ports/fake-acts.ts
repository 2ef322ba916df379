import type { Act, ActResult, Acts } from './acts.ts';

/** Keeps what was cast, and answers as it was told to. */
export class FakeActs implements Acts {
  readonly acts: Act[] = [];
  answer: ActResult = { kind: 'Cast' };

  cast(act: Act, signal: AbortSignal): Promise<ActResult> {
    signal.throwIfAborted();
    this.acts.push(act);
    return Promise.resolve(this.answer);
  }
}
