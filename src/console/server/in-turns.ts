import { setImmediate } from 'node:timers/promises';

/** To check a seal, or whether a vote would count, takes a tenth of a millisecond at most. */
const TURN = 100;

/**
 * What `map` makes of each, without what it makes undefined. Thousands of requests take longer than an admission review of
 * the same process can wait: after each turn the others get theirs.
 */
export async function mapInTurns<T, R>(items: readonly T[], map: (item: T) => R | undefined): Promise<R[]> {
  const result: R[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % TURN === 0) await setImmediate();
    const mapped = map(item);
    if (mapped !== undefined) result.push(mapped);
  }
  return result;
}

export async function filterInTurns<T>(items: readonly T[], keep: (item: T) => boolean): Promise<T[]> {
  return await mapInTurns(items, (item) => (keep(item) ? item : undefined));
}
