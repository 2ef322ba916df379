import { type Pattern, compileRe2 } from '../api/re2.ts';
import type { PolicyTerms } from '../api/kinds.ts';

/** The largest compiled pattern, in RE2 instructions: each may be visited for each of a reason's 2048 characters. */
const PATTERN_INSTRUCTIONS = 500;

/** Why a policy may not have this pattern; undefined where it may. */
export function reasonPatternProblem(pattern: string): string | undefined {
  const compiled = compileBounded(pattern);
  return typeof compiled === 'string' ? compiled : undefined;
}

/** The pattern, or why there is none. */
function compileBounded(pattern: string): Pattern | string {
  try {
    const compiled = compileRe2(pattern);
    return compiled.instructions > PATTERN_INSTRUCTIONS ? 'it repeats too much; use smaller counts in {…}' : compiled;
  } catch (error) {
    return `it is not RE2 syntax: ${error instanceof Error ? error.message : 'invalid pattern'}`;
  }
}

/**
 * What matched, by pattern and reason. To compile a pattern takes half a millisecond, and the votes on one request ask the
 * same of the same reason again and again.
 */
export type MatchedReason = Map<string, boolean>;

/**
 * `a reason is required`, `the reason does not match (INC|CHG)-[0-9]+`: what is wrong with it; undefined where nothing is.
 *
 * @param known what was found before; filled on the way
 */
export function reasonProblem(
  terms: readonly PolicyTerms[],
  reason: string | undefined,
  known: MatchedReason = new Map(),
): string | undefined {
  const patterns = [...new Set(terms.map(({ terms: { reasonPattern } }) => reasonPattern))].filter(
    (pattern) => pattern !== undefined,
  );
  const required = patterns.length > 0 || terms.some((policy) => policy.terms.requireReason === true);
  if (!required) return undefined;
  if ((reason ?? '').trim() === '')
    return `a reason is required${patterns.length === 0 ? '' : ` that matches ${patterns.join(' and ')}`}`;
  const missed = patterns.find((pattern) => !matches(pattern, reason ?? '', known));
  return missed === undefined ? undefined : `the reason does not match ${missed}`;
}

/** A pattern that cannot be compiled, or is too dear, matches nothing: fail closed. */
function matches(pattern: string, reason: string, known: MatchedReason): boolean {
  const key = JSON.stringify([pattern, reason]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const compiled = compileBounded(pattern);
  const result = typeof compiled !== 'string' && compiled.test(reason);
  known.set(key, result);
  return result;
}
