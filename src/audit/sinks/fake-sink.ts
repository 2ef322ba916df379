import type { Sent, Sink, SinkMessage } from './sink.ts';

type Answer = Error | Partial<Sent> | 'Hangs';

/** A receiver in memory: it keeps what it took, and fails as it is told. */
export class FakeSink implements Sink {
  /** Batches that it took. */
  readonly taken: (readonly SinkMessage[])[] = [];
  /** Batches that it was shown. */
  readonly attempts: (readonly SinkMessage[])[] = [];
  /** The next answers; it takes all when there are none left. */
  readonly answers: Answer[] = [];
  /** Asked before `answers`. */
  judge: (batch: readonly SinkMessage[]) => Answer | undefined = () => undefined;

  get seqs(): readonly number[] {
    return this.taken.flat().flatMap(({ kind, seq }) => (kind === 'Checkpoint' ? [] : [seq]));
  }

  async send(batch: readonly SinkMessage[], signal: AbortSignal): Promise<Sent> {
    await Promise.resolve();
    this.attempts.push(batch);
    const answer = this.judge(batch) ?? this.answers.shift() ?? {};
    if (answer === 'Hangs')
      return await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    if (answer instanceof Error) throw answer;
    this.taken.push(batch);
    return { rejected: 0, ...answer };
  }
}
