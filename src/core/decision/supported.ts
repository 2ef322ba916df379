import type { PolicySpec } from '../api/kinds.ts';
import type { Problem } from './problem.ts';

/**
 * The fields of the contract that this version does not enforce yet. A policy that uses one is refused: it would hold
 * less than its author wrote. A field leaves this table in the change that enforces it.
 */
const NOT_YET: readonly { readonly path: string; readonly used: (spec: PolicySpec) => boolean }[] = [
  { path: 'spec.enforcement', used: (spec) => spec.enforcement !== undefined && spec.enforcement !== 'Admission' },
  { path: 'spec.masking', used: (spec) => spec.masking !== undefined },
];

export function notEnforcedYet(spec: PolicySpec): Problem[] {
  return NOT_YET.filter(({ used }) => used(spec)).map(({ path }) => notYet(path));
}

function notYet(path: string): Problem {
  return { path, message: 'this version of Sallyport does not enforce this field yet; leave it out' };
}
