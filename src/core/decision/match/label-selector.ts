import { labelKeyProblem, labelValueProblem } from './label-syntax.ts';

/** metav1.LabelSelector. Empty, it matches everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  readonly key: string;
  /** In, NotIn, Exists or DoesNotExist. */
  readonly operator: string;
  readonly values?: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

export type ParsedLabelSelector =
  | { readonly ok: true; readonly matches: (labels: Labels) => boolean }
  /** `path` is relative to the selector: `matchExpressions[0].values`. */
  | { readonly ok: false; readonly path: string; readonly message: string };

export type SelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

/** A requirement whose operator and values are known to go together; Exists and DoesNotExist have no values. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

export type ParsedRequirements =
  | { readonly ok: true; readonly requirements: readonly Requirement[] }
  | { readonly ok: false; readonly path: string; readonly message: string };

/**
 * Parses a selector as apimachinery does (metav1.LabelSelectorAsSelector, labels.NewRequirement): all requirements
 * must hold; In and Exists need the key, NotIn and DoesNotExist also match where the key is absent.
 */
export function parseLabelSelector(selector: LabelSelector): ParsedLabelSelector {
  const parsed = parseRequirements(selector);
  if (!parsed.ok) return parsed;
  const { requirements } = parsed;
  return { ok: true, matches: (labels) => requirements.every((requirement) => holds(requirement, labels)) };
}

/** An empty selector, like none, selects everything. */
export function isEmptySelector({ matchLabels, matchExpressions }: LabelSelector = {}): boolean {
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
}

/** The requirements of a selector, matchLabels as In with one value. */
export function parseRequirements(selector: LabelSelector): ParsedRequirements {
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    const message = labelKeyProblem(key) ?? labelValueProblem(value);
    if (message !== undefined) return { ok: false, path: `matchLabels[${JSON.stringify(key)}]`, message };
    requirements.push({ key, operator: 'In', values: [value] });
  }
  for (const [index, expression] of (selector.matchExpressions ?? []).entries()) {
    const parsed = parseRequirement(expression);
    if (!parsed.ok) return { ok: false, path: `matchExpressions[${index}].${parsed.field}`, message: parsed.message };
    requirements.push(parsed.requirement);
  }
  return { ok: true, requirements };
}

type ParsedRequirement =
  | { readonly ok: true; readonly requirement: Requirement }
  | { readonly ok: false; readonly field: 'key' | 'operator' | 'values'; readonly message: string };

function parseRequirement({ key, operator, values = [] }: LabelSelectorRequirement): ParsedRequirement {
  const keyProblem = labelKeyProblem(key);
  if (keyProblem !== undefined) return { ok: false, field: 'key', message: keyProblem };
  switch (operator) {
    case 'In':
    case 'NotIn': {
      if (values.length === 0)
        return { ok: false, field: 'values', message: `must not be empty when the operator is ${operator}` };
      const problem = values.map(labelValueProblem).find((message) => message !== undefined);
      if (problem !== undefined) return { ok: false, field: 'values', message: problem };
      return { ok: true, requirement: { key, operator, values } };
    }
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0)
        return { ok: false, field: 'values', message: `must be empty when the operator is ${operator}` };
      return { ok: true, requirement: { key, operator, values: [] } };
    default:
      return { ok: false, field: 'operator', message: 'must be In, NotIn, Exists or DoesNotExist' };
  }
}

/** Whether a requirement holds for the value of its key, undefined where the key is absent. */
const HOLDS: Record<SelectorOperator, (values: readonly string[], value: string | undefined) => boolean> = {
  In: (values, value) => value !== undefined && values.includes(value),
  NotIn: (values, value) => value === undefined || !values.includes(value),
  Exists: (_values, value) => value !== undefined,
  DoesNotExist: (_values, value) => value === undefined,
};

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  // Own keys only: a label may be called `constructor`.
  return HOLDS[operator](values, Object.hasOwn(labels, key) ? labels[key] : undefined);
}
