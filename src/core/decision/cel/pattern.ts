import { RE2JS } from 're2js';
import { ConditionError } from './condition-error.ts';
import { MAX_PATTERN_INSTRUCTIONS, MAX_PATTERN_LENGTH } from './limits.ts';

/** A compiled regular expression. Its time is linear in the text, whatever the pattern (RE2). */
export interface Pattern {
  /** Whether it matches anywhere in the text, as CEL's `matches` does. */
  test(text: string): boolean;
  /** Instructions of the compiled program: the factor of its linear time. */
  readonly instructions: number;
}

/**
 * Compiles a pattern in RE2 syntax: no look-around, no back-references. Throws ConditionError at `offset`.
 *
 * A JavaScript RegExp must never see a policy's pattern: `^(a+)+$` takes ten seconds on 28 characters.
 */
export function compilePattern(pattern: string, offset: number): Pattern {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new ConditionError(`the pattern of matches() is longer than ${MAX_PATTERN_LENGTH} characters`, offset);
  const compiled = compileRe2(pattern, offset);
  const instructions = compiled.programSize();
  if (instructions > MAX_PATTERN_INSTRUCTIONS)
    throw new ConditionError('the pattern of matches() repeats too much; use smaller counts in {…}', offset);
  return { test: (text) => compiled.test(text), instructions };
}

function compileRe2(pattern: string, offset: number): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : 'invalid pattern';
    throw new ConditionError(`matches() takes RE2 syntax: ${detail}`, offset, { cause });
  }
}
