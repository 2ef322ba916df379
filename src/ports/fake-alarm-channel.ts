import type { AlarmChannel, AlarmMessage, AlarmOutcome } from './alarm-channel.ts';

/** Keeps what it was told, and answers as it is told to. */
export class FakeAlarmChannel implements AlarmChannel {
  readonly attempts: AlarmMessage[] = [];
  /** What arrived. */
  readonly told: AlarmMessage[] = [];
  /** The answer, or none for as long as it takes. */
  judge: (message: AlarmMessage) => AlarmOutcome | 'Hangs' = () => ({ type: 'Told' });

  async tell(message: AlarmMessage, signal: AbortSignal): Promise<AlarmOutcome> {
    this.attempts.push(message);
    const outcome = this.judge(message);
    if (outcome === 'Hangs')
      return await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    if (outcome.type === 'Told') this.told.push(message);
    return await Promise.resolve(outcome);
  }
}
