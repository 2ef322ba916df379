import type { LabelSelector } from '../api/kinds.ts';
import type { UnknownPart } from '../attributes/from-audit-event.ts';
import { type Json, isJsonObject } from '../attributes/json.ts';
import type { Accessed, Parts } from '../decision/cel/accessed-parts.ts';
import { type CelVariables, withBudget } from '../decision/cel/cel-variables.ts';
import { createGuardBudget } from '../decision/cel/guard-budget.ts';
import type { ReadyPolicy } from '../decision/compile.ts';
import { parseLabelSelector, parseRequirements } from '../decision/match/label-selector.ts';
import type { NamedCondition } from '../decision/named-conditions.ts';
import { always, type Step } from '../decision/stepping-round/step.ts';
import type { Attributes } from '../attributes/attributes.ts';
import type { Missing } from './reasons.ts';

/** One judgement: what is not known of the request, what is taken for true of it, and what of it mattered. */
export interface Assumption {
  readonly attributes: Attributes;
  readonly unknown: ReadonlySet<UnknownPart>;
  /** Likely: whatever is not known is as the policy would have to have it to ask. Unlikely: as it would have to be not to. */
  readonly likely: boolean;
  /** Grows while it is judged. */
  readonly missing: Set<Missing>;
}

/** A label that says that there may be more: no key of Kubernetes looks so. */
export const HIDDEN = '?';

/**
 * The same policy, with each of its predicates answering as assumed where it looks at what is not known. Everything else is
 * judged as enforced, since it is the policy itself that is asked. Every predicate can only add to what a policy matches,
 * so that the two assumptions are the ends between which the truth lies.
 */
export function createAssumedPolicy(policy: ReadyPolicy): (assumption: Assumption) => ReadyPolicy {
  const named: ReadyPolicy = { ...policy, mode: 'Enforce' };
  const ofAnyName: ReadyPolicy = {
    ...named,
    rules: policy.rules.map(withoutNames),
    rulesOfAnyVersion: policy.rulesOfAnyVersion.map(withoutNames),
    steps: policy.steps.map((step) => ({ ...step, rule: withoutNames(step.rule) })),
  };
  const matchesNamespace = assumedLabels(policy.namespaceSelector, policy.matchesNamespace, 'namespaceLabels');
  const matchesObject = assumedLabels(policy.everyObject ? {} : undefined, policy.matchesObject, 'objectLabels');
  return (assumption) => {
    const { likely, unknown } = assumption;
    const assumed = likely && unknown.has('name') ? ofAnyName : named;
    return {
      ...assumed,
      steps: assumed.steps.map((step) => assumedStep(step, assumption)),
      matchesNamespace: matchesNamespace(assumption),
      matchesObject: matchesObject(assumption),
      conditions: policy.conditions.map((condition) => assumedCondition(condition, assumption, likely)),
      // Refused is not asked: what may refuse does so where nothing is taken to ask.
      guardrails: policy.guardrails.map((guardrail) => assumedCondition(guardrail, assumption, !likely)),
    };
  };
}

function withoutNames<R extends { readonly resourceNames?: readonly string[] }>({ resourceNames: _, ...rule }: R) {
  return rule;
}

function assumedStep(step: Step, { unknown, likely, missing }: Assumption): Step {
  if (step.is === always) return step;
  if (!unknown.has('object') && !unknown.has('oldObject') && !unknown.has('defaults')) return step;
  return {
    ...step,
    is: () => {
      missing.add('leadsRound');
      return likely;
    },
  };
}

type Matches = ReadyPolicy['matchesObject'];

/**
 * A requirement on a label that is known may say no by itself; all of them must be known to say yes.
 *
 * @param selector undefined where only `matches` knows it
 */
function assumedLabels(
  selector: LabelSelector | undefined,
  matches: Matches,
  part: Missing,
): (assumption: Assumption) => Matches {
  const parsed = parseRequirements(selector ?? {});
  const requirements = (parsed.ok ? parsed.requirements : []).flatMap(({ key, operator, values }) => {
    const single = parseLabelSelector({ matchExpressions: [{ key, operator, values }] });
    return single.ok ? [{ key, matches: single.matches }] : [];
  });
  return ({ likely, missing }) =>
    (labels) => {
      if (!Object.hasOwn(labels, HIDDEN)) return matches(labels);
      const known = requirements.filter(({ key }) => Object.hasOwn(labels, key));
      if (known.some((requirement) => !requirement.matches(labels))) return false;
      if (selector !== undefined && known.length === requirements.length) return true;
      missing.add(part);
      return likely;
    };
}

/** What is left out of an expression's variables makes it an error wherever its value matters, and nowhere else. */
function assumedCondition(condition: NamedCondition, assumption: Assumption, assumed: boolean): NamedCondition {
  return {
    ...condition,
    evaluate(variables) {
      const hidden = new Set<Missing>();
      const result = condition.evaluate(shown(variables, assumption, hidden));
      if (result.ok || hidden.size === 0) return result;
      for (const part of hidden) assumption.missing.add(part);
      return { ok: true, value: assumed };
    },
  };
}

/** As `MeasuredValue`; the engine knows no variable of this value. */
const NOT_THERE = { value: undefined as never, size: { values: 0, collection: 0, string: 0 } };

function shown(variables: CelVariables, assumption: Assumption, hidden: Set<Missing>): CelVariables {
  const unlimited = withBudget(variables, createGuardBudget(Number.POSITIVE_INFINITY));
  return {
    budget: unlimited.budget,
    get(accessed) {
      const part = hiddenPart(accessed, assumption);
      if (part === undefined) return unlimited.get(accessed);
      hidden.add(part);
      return NOT_THERE;
    },
  };
}

function hiddenPart({ variable, parts }: Accessed, { attributes, unknown }: Assumption): Missing | undefined {
  const isConnect = attributes.operation === 'CONNECT';
  const accesses = (key: string) => parts === 'All' || parts.has(key);
  switch (variable) {
    case 'object':
      if (unknown.has('object')) return 'object';
      return unknown.has('defaults') && !isAllShown(attributes.object, parts) ? 'defaults' : undefined;
    case 'oldObject':
      return unknown.has('oldObject') ? 'oldObject' : undefined;
    case 'namespaceObject':
      return unknown.has('namespaceLabels') ? 'namespaceLabels' : undefined;
    case 'exec':
      if (!isConnect) return undefined;
      if (unknown.has('object')) return 'object';
      return accesses('container') && attributes.object?.['container'] === undefined ? 'pod' : undefined;
    case 'request':
      if (unknown.has('kind') && (accesses('kind') || accesses('requestKind'))) return 'kind';
      if (unknown.has('options') && accesses('options')) return 'options';
      if (unknown.has('dryRun') && accesses('dryRun')) return 'dryRun';
      return unknown.has('name') && accesses('name') ? 'name' : undefined;
  }
}

/** Whether everything that is looked at was sent, and is no list or object that something may have been added to. */
function isAllShown(value: Json | undefined, parts: Parts): boolean {
  if (parts === 'All') return value !== undefined && value !== null && typeof value !== 'object';
  if (!isJsonObject(value)) return false;
  return [...parts].every(([key, below]) => Object.hasOwn(value, key) && isAllShown(value[key], below));
}
