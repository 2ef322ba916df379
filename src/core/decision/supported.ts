import type { PolicySpec } from '../api/kinds.ts';
import type { Problem } from './problem.ts';

/**
 * The fields of the contract that this version does not enforce yet. A policy that uses one is refused: it would hold
 * less than its author wrote. A field leaves this table in the change that enforces it.
 */
const NOT_YET: readonly { readonly path: string; readonly used: (spec: PolicySpec) => boolean }[] = [
  { path: 'spec.enforcement', used: (spec) => spec.enforcement !== undefined && spec.enforcement !== 'Admission' },
  { path: 'spec.masking', used: (spec) => spec.masking !== undefined },
  { path: 'spec.notify', used: (spec) => spec.notify !== undefined },
];

export function notEnforcedYet(spec: PolicySpec): Problem[] {
  return [
    ...NOT_YET.filter(({ used }) => used(spec)).map(({ path }) => notYet(path)),
    ...spec.approval.stages.flatMap(stageFields),
  ];
}

function stageFields(stage: PolicySpec['approval']['stages'][number], index: number): Problem[] {
  const path = `spec.approval.stages[${index}]`;
  return (['notify', 'escalateNotify'] as const)
    .filter((field) => stage[field] !== undefined)
    .map((field) => notYet(`${path}.${field}`));
}

function notYet(path: string): Problem {
  return { path, message: 'this version of Sallyport does not enforce this field yet; leave it out' };
}
