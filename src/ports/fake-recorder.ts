import type { DecisionRecord } from '../core/evidence/decision-record.ts';
import type { Keeping, Recorder } from './recorder.ts';

/** Keeps what was recorded, in memory. */
export class FakeRecorder implements Recorder {
  readonly recorded: DecisionRecord[] = [];
  room = true;
  /** What becomes of a record: durable at once, unless a test says otherwise. */
  keep: (decision: DecisionRecord) => Promise<Keeping> = () => Promise.resolve('Kept');

  hasRoom(): boolean {
    return this.room;
  }

  record(decision: DecisionRecord): Promise<Keeping> {
    this.recorded.push(decision);
    return this.keep(decision);
  }
}
