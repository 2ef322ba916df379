import { cut } from '../../api/cut.ts';
import type { Summary } from '../../api/kinds.ts';

/** Below the CRD's maxLength of summary.action. */
const LIMIT = 500;

/** A message names this many policies; all of them stand in the request. */
const NAMED = 3;

/**
 * `update (policy exec-prod: leaving its namespaceSelector)`, `exec id (impersonated)`: who asks or approves reads it
 * beside the action.
 */
export function explained(
  summary: Summary,
  steps: readonly { readonly policy: string; readonly why: string }[],
  impersonated: boolean,
): Summary {
  const named = steps.slice(0, NAMED).map(({ policy, why }) => `policy ${policy}: ${why}`);
  const more = steps.length > NAMED ? [`${steps.length - NAMED} more`] : [];
  const notes = [...(impersonated ? ['impersonated'] : []), ...named, ...more];
  if (notes.length === 0) return summary;
  const action = `${summary.action} (${notes.join('; ')})`;
  return { ...summary, action: action.length <= LIMIT ? action : `${cut(action, LIMIT)}…` };
}
