import type { ApprovalRequest } from '../api/kinds.ts';
import type { JsonObject } from '../attributes/json.ts';
import type { CompiledPolicy } from './compile.ts';
import type { PolicyIndex } from './match/policy-index.ts';

/** Everything that a decision reads, as it was known at one moment. */
export interface Snapshot {
  /** When all of it was last known to be in step with the API server, in milliseconds; 0 before the first time. */
  readonly freshAt: number;
  /** The policies that may match a target, by name. */
  readonly policies: PolicyIndex<CompiledPolicy>;
  /** The Namespace object, without managedFields; undefined when it is not known (yet). */
  namespace(name: string): JsonObject | undefined;
  /** Every request of a fingerprint, ended ones included. */
  requests(fingerprint: string): readonly ApprovalRequest[];
  /** The requests of a requester for a scope: those that are open, and those that were used up. */
  scopes(username: string): readonly ApprovalRequest[];
  /** How many requests are Pending: of one requester, and in all. */
  pending(username: string): { readonly ofRequester: number; readonly inAll: number };
  /** How many requests of one requester ended Cancelled at `since`, in milliseconds, or later. */
  cancelled(username: string, since: number): number;
}

/** R1: what is older than this is not known any more. */
export const STALE_AFTER_MS = 10_000;

/** What lies ahead of a clock that was set back is not known either: it would pass for fresh until the clock is there again. */
export function isFresh(snapshot: Pick<Snapshot, 'freshAt'>, now: number): boolean {
  const age = now - snapshot.freshAt;
  return age >= 0 && age <= STALE_AFTER_MS;
}
