import { type Pattern, compileRe2 } from '../api/re2.ts';
import type { PolicyTerms } from '../api/kinds.ts';

/** The largest compiled pattern, in RE2 instructions: each may be visited for each of a reason's 2048 characters. */
const PATTERN_INSTRUCTIONS = 500;

/** Why a policy may not have this pattern; undefined where it may. */
export function reasonPatternProblem(pattern: string): string | undefined {
  try {
    return compileRe2(pattern).instructions > PATTERN_INSTRUCTIONS
      ? 'it repeats too much; use smaller counts in {…}'
      : undefined;
  } catch (error) {
    return `it is not RE2 syntax: ${error instanceof Error ? error.message : 'invalid pattern'}`;
  }
}

/** `a reason is required`, `the reason does not match (INC|CHG)-[0-9]+`: what is wrong with it; undefined where nothing is. */
export function reasonProblem(terms: readonly PolicyTerms[], reason: string | undefined): string | undefined {
  const patterns = [...new Set(terms.map(({ terms: { reasonPattern } }) => reasonPattern))].filter(
    (pattern) => pattern !== undefined,
  );
  const required = patterns.length > 0 || terms.some((policy) => policy.terms.requireReason === true);
  if (!required) return undefined;
  if ((reason ?? '').trim() === '')
    return `a reason is required${patterns.length === 0 ? '' : ` that matches ${patterns.join(' and ')}`}`;
  const missed = patterns.find((pattern) => !matches(pattern, reason ?? ''));
  return missed === undefined ? undefined : `the reason does not match ${missed}`;
}

/** A pattern that cannot be compiled, or is too dear, matches nothing: fail closed. */
function matches(pattern: string, reason: string): boolean {
  if (reasonPatternProblem(pattern) !== undefined) return false;
  const compiled: Pattern = compileRe2(pattern);
  return compiled.test(reason);
}
