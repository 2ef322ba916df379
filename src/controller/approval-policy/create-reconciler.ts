import canonicalize from 'canonicalize';
import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import type { PolicyCompiler } from '../../core/decision/compile.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PolicyStatusWriter } from '../../ports/policy-status-writer.ts';
import type { Watched } from '../../ports/watched.ts';
import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import { policyStatus } from './conditions.ts';

export interface PolicyReconcilerPorts {
  readonly policies: Watched<ApprovalPolicy>;
  readonly compile: PolicyCompiler;
  readonly writer: PolicyStatusWriter;
  readonly clock: Clock;
  /** False until this leader has written the configuration once: what its predecessor said stands until then. */
  readonly configured: () => boolean;
  /** The generation of a policy that the written webhook configuration carries. */
  readonly enforcedGeneration: (policy: ApprovalPolicy) => number | undefined;
}

/** Says in a policy's conditions whether it compiles and whether the API server asks us about it. */
export function createPolicyReconciler(ports: PolicyReconcilerPorts) {
  return async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const policy = ports.policies.get(key);
    if (policy === undefined || !ports.configured()) return { type: 'Done' };
    const status = policyStatus(policy, ports.compile(policy), ports.enforcedGeneration(policy), ports.clock.now());
    if (canonicalize(sorted(status)) === canonicalize(sorted(policy.status))) return { type: 'Done' };
    await ports.writer.writeStatus(policy, status, signal);
    return { type: 'Done' };
  };
}

/** A condition list is a map by type: its order says nothing. */
function sorted(status: ApprovalPolicy['status']): object {
  const conditions = [...(status?.conditions ?? [])].sort((a, b) => (a.type < b.type ? -1 : 1));
  return { observedGeneration: status?.observedGeneration ?? 0, conditions };
}
