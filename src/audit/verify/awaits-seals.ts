import type { Verdict } from './verify-ledger.ts';

/** A seal is made within seconds; a ledger of small segments closes a handful meanwhile. More is not haste. */
const MOST_WAITING = 16;

/**
 * Whether nothing is wrong but that the newest closed segments have no seal yet, as in a ledger that is being written: each
 * record in them follows from the seals before and leads to the checkpoint.
 */
export function awaitsSeals({ findings, newestSeal = 0 }: Pick<Verdict, 'findings' | 'newestSeal'>): boolean {
  return (
    findings.length > 0 &&
    findings.length <= MOST_WAITING &&
    findings.every(({ kind, seq = 0 }) => kind === 'NotSealed' && seq > newestSeal)
  );
}
