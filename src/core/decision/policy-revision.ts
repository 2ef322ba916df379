import type { ApprovalPolicy } from '../api/kinds.ts';
import { sha256 } from '../api/sha256.ts';

const REVISION_DIGITS = 32;

/**
 * Names a set of policies (R3): 32 hex digits, the same for every process that has the same policies in memory. Only what
 * is decided by counts: the status and the metadata of a policy change nothing.
 */
export function policyRevision(policies: readonly ApprovalPolicy[]): string {
  const identities = policies.map(({ metadata: { name, uid, generation } }) => [name, uid ?? '', generation ?? 0]);
  const sorted = identities.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return sha256(sorted).slice('sha256:'.length, 'sha256:'.length + REVISION_DIGITS);
}
