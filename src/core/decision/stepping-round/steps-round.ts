import type { ResourceRule } from '../match/resource-rule.ts';
import { deletingOtherwise } from './deleting.ts';
import { leavingNamespaceSelector, leavingObjectSelector, type Selected } from './leaving.ts';
import { neighbours } from './neighbours.ts';
import { isHarmless, type Step } from './step.ts';

/** What a policy selects; absent where its selectors cannot be read. */
export interface Selectors {
  readonly namespaces: Selected;
  readonly objects: Selected;
}

/** R33: every way round a policy that is gated with it. The same policy gives the same list. */
export function stepsRound(rules: readonly ResourceRule[], selectors: Selectors | undefined): readonly Step[] {
  return [
    ...(selectors === undefined
      ? []
      : [...leavingNamespaceSelector(rules, selectors.namespaces), ...leavingObjectSelector(rules, selectors.objects)]),
    ...deletingOtherwise(rules),
    ...neighbours(rules),
  ].filter(isHarmless);
}
