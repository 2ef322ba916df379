import type { ApprovalPolicy, Condition } from '../core/api/kinds.ts';

export interface PolicyStatusWriter {
  /** Writes the status if the policy is still as given; a lost race is another reconcile. */
  writeStatus(
    policy: ApprovalPolicy,
    status: { readonly observedGeneration: number; readonly conditions: readonly Condition[] },
    signal: AbortSignal,
  ): Promise<void>;
}
