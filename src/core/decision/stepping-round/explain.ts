import { cut } from '../../api/cut.ts';
import type { Summary } from '../../api/kinds.ts';

/** Below the CRD's maxLength of summary.action. */
const LIMIT = 500;

/** A message names this many policies; all of them stand in the request. */
const NAMED = 3;

/** `update (policy exec-prod: leaving its namespaceSelector)`: who asks or approves reads why, in every channel. */
export function explained(
  summary: Summary,
  steps: readonly { readonly policy: string; readonly why: string }[],
): Summary {
  if (steps.length === 0) return summary;
  const named = steps.slice(0, NAMED).map(({ policy, why }) => `policy ${policy}: ${why}`);
  const more = steps.length > NAMED ? [`${steps.length - NAMED} more`] : [];
  const action = `${summary.action} (${[...named, ...more].join('; ')})`;
  return { ...summary, action: action.length <= LIMIT ? action : `${cut(action, LIMIT)}…` };
}
