import type { DecisionRecord } from '../../core/evidence/decision-record.ts';

export interface KnownDecision {
  readonly decision: DecisionRecord;
  /** Id of its record. */
  readonly evidence: string;
  /** When the ledger wrote it, in milliseconds. */
  readonly keptAt: number;
  /** The requests (requestKey) whose events name it; the first has it. */
  readonly claims: string[];
  /** The first claim's beginning was told too (ResponseStarted). */
  begun: boolean;
  /** Some event tells of it, or may. */
  told: boolean;
}

/** The decisions of late, bounded by time and by number. */
export interface KnownDecisions {
  add(decision: DecisionRecord, evidence: string, keptAt: number): KnownDecision;
  get(id: string): KnownDecision | undefined;
  /** What was decided before that, in milliseconds, may be forgotten already, or was never read. */
  since(): number;
  /** Decisions of before that, in milliseconds, are not read. */
  begin(at: number): void;
  forget(before: number): void;
}

/** One request is claimed by one other at most, unless somebody forges: then by as many as they like. */
export const CLAIMS_LIMIT = 4;

export function createKnownDecisions(limit: number): KnownDecisions {
  const known = new Map<string, KnownDecision>();
  let since = Number.NEGATIVE_INFINITY;
  const drop = (id: string, { keptAt }: KnownDecision): void => {
    known.delete(id);
    since = Math.max(since, keptAt);
  };
  return {
    add(decision, evidence, keptAt) {
      const before = known.get(decision.id);
      // One that allowed, and was refused after all since its record came too late, is in the ledger as both.
      if (before !== undefined && (before.decision.verdict === 'Allowed' || decision.verdict !== 'Allowed'))
        return before;
      const entry: KnownDecision = {
        decision,
        evidence,
        keptAt,
        claims: before?.claims ?? [],
        begun: before?.begun ?? false,
        told: before?.told ?? false,
      };
      known.set(decision.id, entry);
      const [oldest] = known.size > limit ? known : [];
      if (oldest !== undefined) drop(...oldest);
      return entry;
    },
    get: (id) => known.get(id),
    since: () => since,
    begin(at) {
      since = Math.max(since, at);
    },
    forget(before) {
      for (const [id, entry] of known) {
        if (entry.keptAt >= before) break;
        drop(id, entry);
      }
    },
  };
}
