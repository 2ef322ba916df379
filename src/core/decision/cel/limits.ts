/**
 * Bounds of CEL conditions, with the reason of each. The first group is checked when a policy is applied,
 * the second when a condition meets a review.
 */

/** Longest expression in UTF-16 units. Real admission expressions are a few hundred; longer ones cannot be reviewed. */
export const MAX_EXPRESSION_LENGTH = 4096;

/** Most syntax nodes of one expression. Bounds the work of one pass that has no loop. */
export const MAX_NODES = 2000;

/** Deepest nesting of one expression. The engine recurses by depth, and its stack must never run out. */
export const MAX_EXPRESSION_DEPTH = 64;

/** Loops (`all`, `exists`, `map`, …) inside each other. A third level is cubic in what a requester may send. */
export const MAX_NESTED_COMPREHENSIONS = 2;

/** Longest regular expression: RE2 is linear in the text, but its factor grows with the pattern. */
export const MAX_PATTERN_LENGTH = 1024;

/**
 * Largest compiled regular expression, in RE2 instructions. `(a?){1000}a{1000}` is 17 characters and 5,000
 * instructions, each of which may be visited for each character.
 */
export const MAX_PATTERN_INSTRUCTIONS = 2000;

/**
 * Deepest value that a condition can look at. CustomResourceDefinitions nest schemas some 60 levels deep;
 * a requester may send deeper JSON only to exhaust the stack.
 */
export const MAX_VALUE_DEPTH = 128;

/** Longest string that `join` or `replace` may build: copying is native code, which cannot be interrupted. */
export const MAX_BUILT_STRING = 1024 * 1024;

/** Most elements that `split` may make, for the same reason. */
export const MAX_SPLIT_PARTS = 100_000;

/**
 * Comparisons up to which a string is searched by native code, which cannot be interrupted: length of the text times that of
 * what is looked for. What may take more is searched in linear time.
 */
export const MAX_NATIVE_COMPARISONS = 4_000_000;

/** Longest string that repeated `+` may build, estimated before the evaluation: who reads it copies it, in native code. */
export const MAX_CONCATENATED_STRING = 16 * 1024 * 1024;

/**
 * Estimated steps up to which a condition runs without a guard. A step takes some 200 ns, so this is 4 ms at
 * worst; the guard costs 0.1 ms a call.
 */
export const UNGUARDED_STEPS = 20_000;

/** Milliseconds of CPU after which a dear condition is stopped: no expression may cost 50. */
export const GUARDED_MILLISECONDS = 40;

/**
 * Milliseconds that the dear conditions of one review get together. Nothing else is answered meanwhile: a few large objects
 * sent at once must not make what is known older than a decision may rest on.
 */
export const REVIEW_MILLISECONDS = 250;
