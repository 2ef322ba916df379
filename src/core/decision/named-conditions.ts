import { type CompiledCondition, compileCondition } from './cel/compile-condition.ts';
import type { Problem } from './problem.ts';

/** A CEL expression of a policy: a match condition or a guardrail. */
export interface NamedCondition {
  readonly name: string;
  /** What the author of a guardrail says to whoever it refuses. */
  readonly message?: string;
  readonly evaluate: Extract<CompiledCondition, { ok: true }>['evaluate'];
}

/** @param path the field path of the list, such as spec.match.matchConditions */
export function compileNamedConditions(
  list: readonly { readonly name: string; readonly expression: string; readonly message?: string }[] | undefined,
  path: string,
): { readonly compiled: NamedCondition[]; readonly problems: Problem[] } {
  const compiled: NamedCondition[] = [];
  const problems: Problem[] = [];
  for (const [index, { name, expression, message }] of (list ?? []).entries()) {
    const result = compileCondition(expression);
    if (result.ok) compiled.push({ name, evaluate: result.evaluate, ...(message === undefined ? {} : { message }) });
    else
      problems.push({
        path: `${path}[${index}].expression`,
        message: `line ${result.line}, column ${result.column}: ${result.message}`,
      });
  }
  return { compiled, problems };
}
