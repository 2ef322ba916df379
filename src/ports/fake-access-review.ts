import type { AccessQuestion, AccessReview } from './access-review.ts';

/** Answers by a predicate, or fails with an error; remembers what it was asked. */
export class FakeAccessReview implements AccessReview {
  readonly asked: AccessQuestion[] = [];
  /** Set to make every question fail. */
  failure: Error | undefined;
  #answer: (question: AccessQuestion) => boolean;

  constructor(answer: (question: AccessQuestion) => boolean = () => true) {
    this.#answer = answer;
  }

  async allowed(question: AccessQuestion, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    this.asked.push(question);
    if (this.failure !== undefined) throw this.failure;
    return this.#answer(question);
  }
}
