import type { DecisionRecord } from '../core/evidence/decision-record.ts';

/** `Lost`: it is not known to be on a disk. It may be all the same, and comes to the ledger then. */
export type Keeping = 'Kept' | 'Lost';

/**
 * Where the records of decisions go: the ledger of this process, or a spool on its way to another's (DESIGN §5). Log and
 * metric are not its business.
 */
export interface Recorder {
  /** Whether the record of a gated allow would be taken now, as far as is known without trying. Asked before a use. */
  hasRoom(): boolean;
  /** Takes it at once, in order; resolves when it is durable, or will not be. Never rejects. */
  record(decision: DecisionRecord): Promise<Keeping>;
}
