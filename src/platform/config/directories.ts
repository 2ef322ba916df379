import { resolve, sep } from 'node:path';

/** A directory, and by which field of the configuration it is named. */
export interface NamedDirectory {
  readonly field: string;
  /** Undefined where none is configured. */
  readonly directory: string | undefined;
}

/**
 * Directories of which one holds the other: what one part of the process makes, counts or removes there is the other's.
 *
 * @returns the first such pair
 */
export function overlapping(
  named: readonly NamedDirectory[],
): readonly [outer: NamedDirectory, inner: NamedDirectory] | undefined {
  const given = named.flatMap((each) =>
    each.directory === undefined ? [] : [{ each, path: resolve(each.directory) }],
  );
  for (const outer of given)
    for (const inner of given) if (outer !== inner && holds(outer.path, inner.path)) return [outer.each, inner.each];
  return undefined;
}

function holds(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
}
