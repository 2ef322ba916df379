import type { DecisionRecord } from '../core/evidence/decision-record.ts';
import type { Recorder } from './recorder.ts';

/** Keeps what was recorded. */
export class FakeRecorder implements Recorder {
  readonly recorded: DecisionRecord[] = [];

  record(decision: DecisionRecord): void {
    this.recorded.push(decision);
  }
}
