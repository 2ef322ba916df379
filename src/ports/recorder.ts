import type { DecisionRecord } from '../core/evidence/decision-record.ts';

/** Never throws. */
export interface Recorder {
  record(decision: DecisionRecord): void;
}
