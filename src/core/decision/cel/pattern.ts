import { type Pattern, compileRe2 } from '../../api/re2.ts';
import { ConditionError } from './condition-error.ts';
import { MAX_PATTERN_INSTRUCTIONS, MAX_PATTERN_LENGTH } from './limits.ts';

/** Compiles the pattern of a `matches`. Throws ConditionError at `offset`. */
export function compilePattern(pattern: string, offset: number): Pattern {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new ConditionError(`the pattern of matches() is longer than ${MAX_PATTERN_LENGTH} characters`, offset);
  const compiled = compileOrThrow(pattern, offset);
  if (compiled.instructions > MAX_PATTERN_INSTRUCTIONS)
    throw new ConditionError('the pattern of matches() repeats too much; use smaller counts in {…}', offset);
  return compiled;
}

function compileOrThrow(pattern: string, offset: number): Pattern {
  try {
    return compileRe2(pattern);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : 'invalid pattern';
    throw new ConditionError(`matches() takes RE2 syntax: ${detail}`, offset, { cause });
  }
}
