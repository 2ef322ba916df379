/**
 * Compares two resource versions of one resource: negative when `a` is older, 0 when equal, positive when newer.
 *
 * KEP-5504 makes them comparable decimal numbers of any length; on all older servers they are etcd revisions, which are
 * the same. Compared as text by length, because they may exceed what a number holds.
 *
 * @throws RangeError when one is not a decimal number without leading zeros
 */
export function compareResourceVersions(a: string, b: string): number {
  requireDecimal(a);
  requireDecimal(b);
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function requireDecimal(version: string): void {
  if (!/^(0|[1-9][0-9]{0,127})$/.test(version)) throw new RangeError('a resource version that is not a decimal number');
}
