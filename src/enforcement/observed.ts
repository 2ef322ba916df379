import { printable } from '../core/attributes/printable.ts';
import type { Decision } from '../core/decision/decide.ts';
import type { Observation } from '../core/decision/observe.ts';
import type { Facts, Outcome } from './outcome.ts';

/** An outcome with what policies in mode Warn and Audit would have done: recorded in any case, said where it passes. */
export function withObserved(outcome: Outcome, decision: Decision): Outcome {
  const observed = observedBy(decision);
  if (observed.length === 0) return outcome;
  const facts = { ...outcome.facts, observed: observed.map(({ policy }) => policy) };
  if (outcome.kind !== 'Allowed') return { ...outcome, facts };
  return { ...outcome, facts, warnings: [...outcome.warnings, ...observed.flatMap(warning)] };
}

/** Where only such policies match, the record names them, and why one would refuse. */
export function factsOfOpen({ observed = [] }: Extract<Decision, { verdict: 'NoOpinion' }>): Facts {
  const details = observed.flatMap(({ detail }) => detail ?? []);
  return {
    policies: observed.map(({ policy }) => policy),
    ...(details.length === 0 ? {} : { detail: details.join('; ') }),
  };
}

function observedBy(decision: Decision): readonly Observation[] {
  return (decision.verdict === 'NoOpinion' ? decision.observed : decision.gated?.observed) ?? [];
}

/** Who would be asked comes first: clients cut long warnings. */
function warning({ mode, policy, text }: Observation): string[] {
  switch (mode) {
    case 'Warn':
      return [printable(`sallyport: policy ${policy} (mode Warn) would ${text}`)];
    case 'Audit':
      return [];
  }
}
