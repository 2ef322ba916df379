/** By how much a value that is looked at once a second grows, a second: least squares, so that no single look decides. */
export function slopeOf(values: readonly number[]): number {
  const { length } = values;
  if (length < 2) return 0;
  const middle = (length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / length;
  let [up, across] = [0, 0];
  for (const [second, value] of values.entries()) {
    up += (second - middle) * (value - mean);
    across += (second - middle) ** 2;
  }
  return up / across;
}
