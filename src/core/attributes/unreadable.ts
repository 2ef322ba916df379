/** Levels of nesting. CustomResourceDefinitions nest some 60 deep; JSON.stringify and our own recursion end at thousands. */
const DEPTH = 256;

/**
 * Why parsed JSON cannot be hashed as RFC 8785 asks, or walked without exhausting the stack; undefined where it can.
 * Iterative: what it looks for is what recursion dies of.
 */
export function unreadable(value: unknown): string | undefined {
  const left: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next.value === 'number' && !Number.isFinite(next.value)) return 'a number is too large';
    if (typeof next.value === 'string' && !next.value.isWellFormed()) return 'a string is not Unicode';
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.depth === DEPTH) return `it is nested more than ${DEPTH} levels deep`;
    for (const [key, child] of Object.entries(next.value)) {
      if (!key.isWellFormed()) return 'a key is not Unicode';
      left.push({ value: child, depth: next.depth + 1 });
    }
  }
  return undefined;
}
