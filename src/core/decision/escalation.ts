import { durationSeconds } from '../api/duration.ts';
import type { PolicySpec } from '../api/kinds.ts';
import type { Problem } from './problem.ts';
import { timeoutSeconds } from './terms.ts';

/** An escalation has a time and people, and comes while there still is something to approve. */
export function escalationProblems(spec: PolicySpec): Problem[] {
  return spec.approval.stages.flatMap(({ escalateAfter, escalateTo }, index) => {
    const path = `spec.approval.stages[${index}]`;
    if (escalateAfter === undefined && escalateTo === undefined) return [];
    if (escalateTo === undefined || escalateTo.length === 0)
      return [{ path: `${path}.escalateTo`, message: 'escalateAfter needs the people whom it escalates to' }];
    if (escalateAfter === undefined)
      return [{ path: `${path}.escalateAfter`, message: 'escalateTo needs the time after which it escalates' }];
    return (durationSeconds(escalateAfter) ?? 0) < timeoutSeconds(spec)
      ? []
      : [{ path: `${path}.escalateAfter`, message: 'it would never escalate: spec.approval.timeout ends it before' }];
  });
}
