import { EvaluationError, ParseError, type ParseResult, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import { type Accessed, accessedParts } from './accessed-parts.ts';
import type { ValueSize } from './cel-value.ts';
import type { CelVariables } from './cel-variables.ts';
import { ConditionError } from './condition-error.ts';
import { createEnvironment, type Patterns } from './environment.ts';
import { estimateSteps, type Growth, grownSize, growthOf } from './estimate-steps.ts';
import { EvaluationLimitError } from './evaluation-limit-error.ts';
import type { GuardBudget } from './guard-budget.ts';
import { inspectExpression } from './inspect-expression.ts';
import { MAX_CONCATENATED_STRING, MAX_EXPRESSION_LENGTH, UNGUARDED_STEPS } from './limits.ts';
import { sourcePosition } from './source-position.ts';

/**
 * The verdict of a condition on a review. An error (a missing field, a limit) is never false: its reader must
 * treat it as a denial (R1). `reason` names the kind of error and its place, never a value of the review.
 */
export type Evaluation =
  | { readonly ok: true; readonly value: boolean }
  | { readonly ok: false; readonly reason: string };

export type CompiledCondition =
  | { readonly ok: true; readonly evaluate: (variables: CelVariables) => Evaluation }
  /** `line` and `column` count from 1. `message` may quote the expression, which is the policy's. */
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number };

/**
 * Compiles a CEL expression over the variables of Kubernetes admission CEL (`request`, `object`, `oldObject`,
 * `namespaceObject`) and `exec`. Unknown variables, functions and request fields, a result that is not a boolean,
 * patterns that RE2 refuses, and what exceeds a limit are refused here, when the policy is applied. Never throws.
 */
export function compileCondition(expression: string): CompiledCondition {
  try {
    const condition = compile(expression);
    return { ok: true, evaluate: (variables) => evaluate(condition, variables) };
  } catch (error) {
    return refusal(expression, error);
  }
}

/** More than any review holds: what is cheap with it is cheap with all. */
const LARGEST: ValueSize = { values: 1e9, collection: 1e9, string: 1e9 };

interface Condition {
  readonly expression: string;
  readonly program: ParseResult;
  readonly patterns: Patterns;
  readonly used: readonly Accessed[];
  readonly growth: Growth;
  /** Whether no value, however large, makes it dear: it is then neither measured nor guarded. */
  readonly alwaysCheap: boolean;
}

function compile(expression: string): Condition {
  if (expression.trim() === '') throw new ConditionError('the expression is empty', 0);
  if (expression.length > MAX_EXPRESSION_LENGTH)
    throw new ConditionError(`the expression is longer than ${MAX_EXPRESSION_LENGTH} characters`, 0);
  const patterns: Patterns = new Map();
  const program = createEnvironment(patterns).parse(expression);
  inspectExpression(program.ast, patterns);
  const checked = program.check();
  if (!checked.valid) throw checked.error ?? new ConditionError('the expression is not valid', 0);
  if (checked.type !== 'bool')
    throw new ConditionError(
      `the result must be bool, not ${checked.type}${checked.type === 'dyn' ? "; compare it: '… == true'" : ''}`,
      program.ast.start,
    );
  const growth = growthOf(program.ast);
  const alwaysCheap =
    growth.concatenations === 0 &&
    !growth.builds &&
    estimateSteps(program.ast, grownSize(LARGEST, growth), patterns) <= UNGUARDED_STEPS;
  return { expression, program, patterns, used: accessedParts(program.ast), growth, alwaysCheap };
}

function refusal(expression: string, error: unknown): CompiledCondition {
  if (error instanceof ConditionError)
    return { ok: false, message: error.message, ...sourcePosition(expression, error.offset) };
  if (error instanceof ParseError || error instanceof CelTypeError) {
    const offset = error.node?.pos ?? error.range?.start ?? 0;
    return { ok: false, message: error.summary, ...sourcePosition(expression, offset) };
  }
  if (error instanceof RangeError)
    return { ok: false, message: 'the expression is nested too deeply', line: 1, column: 1 };
  return { ok: false, message: 'the expression cannot be compiled', line: 1, column: 1 };
}

function evaluate(condition: Condition, variables: CelVariables): Evaluation {
  try {
    const context: Record<string, unknown> = Object.create(null);
    let size: ValueSize = { values: 0, collection: 0, string: 0 };
    for (const accessed of condition.used) {
      const variable = variables.get(accessed);
      context[accessed.variable] = variable.value;
      size = larger(size, variable.size);
    }
    const value = condition.alwaysCheap ? condition.program(context) : run(condition, size, context, variables.budget);
    // A dynamic value can still be anything at run time; what is not a boolean is no verdict.
    return typeof value === 'boolean' ? { ok: true, value } : { ok: false, reason: 'the result is not a boolean' };
  } catch (error) {
    return { ok: false, reason: reasonOf(condition.expression, error) };
  }
}

function run(
  { program, patterns, growth }: Condition,
  input: ValueSize,
  context: Record<string, unknown>,
  budget: GuardBudget,
): unknown {
  const size = grownSize(input, growth);
  if (growth.concatenations > 0 && size.string > MAX_CONCATENATED_STRING)
    throw new EvaluationLimitError('strings would grow too large');
  if (estimateSteps(program.ast, size, patterns) <= UNGUARDED_STEPS) return program(context);
  return budget.run(() => program(context));
}

function larger(a: ValueSize, b: ValueSize): ValueSize {
  return {
    values: a.values + b.values,
    collection: Math.max(a.collection, b.collection),
    string: Math.max(a.string, b.string),
  };
}

/** The engine's messages quote values of the input (a Secret's, perhaps): only its fixed codes leave this room. */
function reasonOf(expression: string, error: unknown): string {
  if (error instanceof EvaluationLimitError) return error.message;
  if (error instanceof EvaluationError || error instanceof CelTypeError) {
    const what = error.code.replaceAll('_', ' ');
    const offset = error.node?.pos ?? error.range?.start;
    if (offset === undefined) return what;
    const { line, column } = sourcePosition(expression, offset);
    return `${what} at line ${line}, column ${column}`;
  }
  if (error instanceof RangeError) return 'the evaluation ran out of stack or memory';
  return 'the evaluation failed';
}
