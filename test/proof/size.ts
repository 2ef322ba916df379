/**
 * How much of a proof runs: `short` with every `make test`, `long` in `make proof`. The tests are the same; only their
 * numbers differ.
 */
export type Size = 'short' | 'long';

export function proofSize(env: Readonly<Record<string, string | undefined>> = process.env): Size {
  return env['SALLYPORT_PROOF'] === 'long' ? 'long' : 'short';
}

/** A number that an environment variable may set, for one look at one seed or one night of many. */
export function amount(name: string, sizes: Readonly<Record<Size, number>>): number {
  const given = process.env[name];
  if (given === undefined || given === '') return sizes[proofSize()];
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number`);
  return value;
}
