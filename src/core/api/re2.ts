import { RE2JS } from 're2js';

/** A compiled regular expression. Its time is linear in the text, whatever the pattern (RE2). */
export interface Pattern {
  /** Whether it matches anywhere in the text, as CEL's `matches` does. */
  test(text: string): boolean;
  /** Instructions of the compiled program: the factor of its linear time. */
  readonly instructions: number;
}

/**
 * Compiles a pattern in RE2 syntax: no look-around, no back-references. Throws what RE2JS throws. Its size is the
 * caller's to bound.
 *
 * A JavaScript RegExp must never see a policy's pattern: `^(a+)+$` takes ten seconds on 28 characters.
 */
export function compileRe2(pattern: string): Pattern {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.test(text), instructions: compiled.programSize() };
}
