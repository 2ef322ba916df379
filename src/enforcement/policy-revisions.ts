import type { ApprovalPolicy } from '../core/api/kinds.ts';
import { policyRevision } from '../core/decision/policy-revision.ts';
import type { Clock } from '../ports/clock.ts';
import type { Watched } from '../ports/watched.ts';

/** How far this replica has come with the policies. */
export interface PolicyRevisions {
  /** Whether memory is at this revision or past it now. */
  has(revision: string): boolean;
  /**
   * Whether memory is at this revision or past it, waiting up to 2 s for it to come. Memory only goes forward, so what it
   * has had once is not ahead of it.
   */
  reached(revision: string, signal: AbortSignal): Promise<boolean>;
}

/** R3: a watch that is in order brings a change within milliseconds. */
const CATCH_UP_MS = 2_000;
/** More policy changes than that do not happen while a webhook configuration travels to the API servers. */
const REMEMBERED = 64;

export function createPolicyRevisions(policies: Watched<ApprovalPolicy>, clock: Clock): PolicyRevisions {
  const past = new Set<string>();
  const waiting = new Set<() => void>();
  let any = false;

  const note = (): void => {
    // An API server asks only for what a policy names. Without any policy there is nothing to be past: deletions of the
    // whole kind arrive as deletions of each, and must not open the gate.
    any = policies.list().length > 0;
    if (!any) return;
    const revision = policyRevision(policies.list());
    past.delete(revision);
    past.add(revision);
    for (const oldest of past) {
      if (past.size <= REMEMBERED) break;
      past.delete(oldest);
    }
    for (const wake of waiting) wake();
  };
  policies.onChange(note);
  note();

  const has = (revision: string): boolean => any && past.has(revision);

  return {
    has,
    reached: async (revision, signal) => {
      if (has(revision)) return true;
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      const come = Promise.withResolvers<void>();
      const wake = (): void => {
        if (has(revision)) come.resolve();
      };
      waiting.add(wake);
      try {
        await Promise.race([come.promise, clock.sleep(CATCH_UP_MS, either).catch(() => undefined)]);
      } finally {
        waiting.delete(wake);
        over.abort();
      }
      return has(revision);
    },
  };
}
