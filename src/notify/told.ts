import { OCCASIONS, type Occasion } from './channel.ts';
import type { Happening } from './happenings.ts';

/** How many of each occasion a destination has been told of. */
type Counts = ReadonlyMap<Occasion, number>;

/** `Used#3` is the third use, and says that the first and the second were told too. */
export function tokenOf({ occasion, count }: Pick<Happening, 'occasion' | 'count'>): string {
  return count === 1 ? occasion : `${occasion}#${count}`;
}

/** What is still to be told, oldest first. */
export function untold(happenings: readonly Happening[], told: readonly string[] = []): Happening[] {
  const counts = countsOf(told);
  return happenings.filter(({ occasion, count }) => count > (counts.get(occasion) ?? 0));
}

/** One entry an occasion, with the highest count: as long as there are occasions, however often they came. */
export function withTold(told: readonly string[] = [], added: readonly Happening[]): string[] {
  const counts = new Map(countsOf(told));
  for (const { occasion, count } of added) counts.set(occasion, Math.max(count, counts.get(occasion) ?? 0));
  return [...counts].map(([occasion, count]) => tokenOf({ occasion, count }));
}

function countsOf(told: readonly string[]): Counts {
  const counts = new Map<Occasion, number>();
  for (const token of told) {
    const [name = '', count = '1'] = token.split('#');
    const occasion = OCCASIONS.find((each) => each === name);
    if (occasion !== undefined) counts.set(occasion, Math.max(Number(count) || 0, counts.get(occasion) ?? 0));
  }
  return counts;
}
