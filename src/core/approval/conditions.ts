import { cut } from '../api/cut.ts';
import type { Condition } from '../api/kinds.ts';
import { timestamp } from './approval-state.ts';

const MESSAGE_LIMIT = 1024;

/** metav1.Condition: replaces the one of the same type; lastTransitionTime moves only when the status does. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: {
    readonly type: string;
    readonly status: Condition['status'];
    readonly reason: string;
    readonly message: string;
    readonly observedGeneration?: number;
  },
  now: number,
): Condition[] {
  const previous = (conditions ?? []).find((other) => other.type === condition.type);
  const lastTransitionTime = previous?.status === condition.status ? previous.lastTransitionTime : timestamp(now);
  const next: Condition = { ...condition, message: cut(condition.message, MESSAGE_LIMIT), lastTransitionTime };
  return [...(conditions ?? []).filter((other) => other.type !== condition.type), next];
}
