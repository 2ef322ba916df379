import type { UserInfo } from '../api/kinds.ts';

/** One decision of an enforcement point: one log line, one metric, one ledger record, joined by `id`. */
export interface DecisionRecord {
  readonly id: string;
  /** When it was decided: RFC 3339, UTC, milliseconds. The ledger may hear of it much later. */
  readonly at: string;
  readonly point: 'webhook';
  readonly verdict: 'Allowed' | 'Denied' | 'Asked';
  readonly code: string;
  /** Why, for the operator: may name internals, never values of the request. */
  readonly detail?: string;
  readonly user: Pick<UserInfo, 'username' | 'uid'> & {
    /** R21: who that was, by the people map of then. Absent where nobody knew the map. */
    readonly person?: string;
  };
  readonly operation: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly digest?: string;
  /** namespace/name of the ApprovalRequest. */
  readonly request?: string;
  readonly policies: readonly string[];
  /** Matching policies in mode Warn or Audit, which stopped nothing. */
  readonly observed?: readonly string[];
  readonly dryRun: boolean;
  readonly seconds: number;
}

/** An approval was used, or a reserved use answered again: nothing else goes through that had to be asked for. */
const GATED_ALLOWS: ReadonlySet<string> = new Set(['Approved', 'Reviewed']);

/** Whether the decision may be answered only once its record is durable. */
export function mustBeKept({ verdict, code }: Pick<DecisionRecord, 'verdict' | 'code'>): boolean {
  return verdict === 'Allowed' && GATED_ALLOWS.has(code);
}
