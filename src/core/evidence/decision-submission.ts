import type { DecisionRecord } from './decision-record.ts';
import type { Submission } from './evidence-record.ts';

/** Where the audit role takes records of decisions. */
export const DECISIONS_PATH = '/v1/decisions';

export type DecisionSubmission = Extract<Submission, { kind: 'Decision' }>;

/**
 * A decision as the ledger takes it. One that allowed, and was refused after all because its record was not kept in time, may
 * come to the ledger as both: the refusal has an id of its own, and is what was answered.
 */
export function decisionSubmission(decision: DecisionRecord): DecisionSubmission {
  const id = `decision/${decision.id}`;
  return { kind: 'Decision', id: decision.code === 'Unrecorded' ? `${id}/unrecorded` : id, data: decision };
}
