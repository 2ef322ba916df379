import type { ApprovalPolicy, Condition } from '../../core/api/kinds.ts';
import { withCondition } from '../../core/approval/conditions.ts';
import type { CompiledPolicy } from '../../core/decision/compile.ts';

export interface PolicyStatus {
  readonly observedGeneration: number;
  readonly conditions: Condition[];
}

/**
 * `Ready`: it compiles. `Enforced`: the webhook configuration that the API server uses carries this generation.
 *
 * @param enforcedGeneration the generation that the written webhook configuration carries
 */
export function policyStatus(
  policy: ApprovalPolicy,
  compiled: CompiledPolicy,
  enforcedGeneration: number | undefined,
  now: number,
): PolicyStatus {
  const observedGeneration = policy.metadata.generation ?? 0;
  const ready = compiled.ready
    ? ({ type: 'Ready', status: 'True', reason: 'Compiled', message: 'the policy compiles' } as const)
    : ({
        type: 'Ready',
        status: 'False',
        reason: 'Invalid',
        message: compiled.problems.map(({ path, message }) => `${path}: ${message}`).join('; '),
      } as const);
  const carried = enforcedGeneration === observedGeneration;
  const enforced = !compiled.ready
    ? ({
        type: 'Enforced',
        status: 'False',
        reason: 'NotReady',
        message: 'what its rules match is denied until it is ready',
      } as const)
    : carried
      ? ({
          type: 'Enforced',
          status: 'True',
          reason: 'Configured',
          message: 'the webhook configuration carries its rules',
        } as const)
      : ({
          type: 'Enforced',
          status: 'False',
          reason: 'Configuring',
          message: 'the webhook configuration does not carry its rules yet',
        } as const);
  const first = withCondition(policy.status?.conditions, { ...ready, observedGeneration }, now);
  return { observedGeneration, conditions: withCondition(first, { ...enforced, observedGeneration }, now) };
}
