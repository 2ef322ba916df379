import type { Accessed, Parts } from './accessed-parts.ts';
import { type MeasuredValue, toCelValue } from './cel-value.ts';
import { REQUEST_FIELDS } from './declarations.ts';
import { EvaluationLimitError } from './evaluation-limit-error.ts';
import { createGuardBudget, type GuardBudget } from './guard-budget.ts';

/** What is executed, for CONNECT to pods/exec and pods/attach. */
export interface ExecVariable {
  readonly container: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** What conditions look at. Everything is parsed JSON. */
export interface CelInput {
  /** The `request` of an AdmissionReview. Its objects are left out, as in ValidatingAdmissionPolicy. */
  readonly request: object;
  /** null for DELETE. */
  readonly object: unknown;
  /** null for CREATE and CONNECT. */
  readonly oldObject: unknown;
  /** null for resources that are not in a namespace. */
  readonly namespaceObject: unknown;
  /** null where nothing is executed. */
  readonly exec: ExecVariable | null;
}

/** The variables of one review, shared by all conditions that look at it. */
export interface CelVariables {
  /** Converted on the first use and kept. Throws EvaluationLimitError, on each use, for a value that is too deep or not known. */
  get(accessed: Accessed): MeasuredValue;
  /** The time of all conditions that look at them. */
  readonly budget: GuardBudget;
}

/** The variables of a review. Costs nothing until a condition uses one. */
export function celVariables(input: CelInput, budget: GuardBudget = createGuardBudget()): CelVariables {
  const converted = new Map<string, MeasuredValue>();
  return {
    budget,
    get({ variable: name, parts, text }) {
      const key = `${name}${text}`;
      const known = converted.get(key);
      if (known !== undefined) return known;
      const measured = toCelValue(
        name === 'request' ? declaredFields(input.request, parts) : (input[name] ?? null),
        parts,
      );
      converted.set(key, measured);
      return measured;
    },
  };
}

/** The variables where object and oldObject are not at hand: what looks at them is an error, never an answer. */
export function withoutContent(variables: CelVariables): CelVariables {
  return {
    budget: variables.budget,
    get(accessed) {
      const { variable: name } = accessed;
      if (name === 'object' || name === 'oldObject') throw new EvaluationLimitError(`${name} is not known`);
      return variables.get(accessed);
    },
  };
}

/** The same variables for conditions whose time is counted apart. */
export function withBudget(variables: CelVariables, budget: GuardBudget): CelVariables {
  return { budget, get: (accessed) => variables.get(accessed) };
}

function declaredFields(request: object, parts: Parts): object {
  // An undeclared field by its name was refused when the policy was compiled.
  if (parts !== 'All') return request;
  const fields = Object.entries(request).filter(([field]) => REQUEST_FIELDS.has(field));
  return Object.fromEntries(fields);
}
