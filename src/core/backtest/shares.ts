import type { Counts, Share } from './report.ts';

export type Outcome = keyof Counts;

type Mutable = { -readonly [K in Outcome]: number };

/** Names that are counted apart. What a cluster has more of goes together: whoever can choose names fills no memory. */
const NAMES_LIMIT = 10_000;

const OTHERS = 'others';

/** Counts by name. */
export interface Shares {
  add(name: string, outcome: Outcome): void;
  /** The largest first, then by name; what is beyond `limit` as `others`. */
  top(limit: number): readonly Share[];
}

export function createShares(): Shares {
  const byName = new Map<string, Mutable>();
  return {
    add(name, outcome) {
      const kept = byName.has(name) || byName.size < NAMES_LIMIT ? name : OTHERS;
      const counts = byName.get(kept) ?? { held: 0, refused: 0, unknown: 0 };
      counts[outcome] += 1;
      byName.set(kept, counts);
    },
    top(limit) {
      const sorted = [...byName]
        .map(([name, counts]) => ({ name, ...counts }))
        .sort((a, b) => sizeOf(b) - sizeOf(a) || (a.name < b.name ? -1 : 1));
      const [shown, rest] = [sorted.slice(0, limit), sorted.slice(limit)];
      if (rest.length === 0) return shown;
      const sum = (outcome: Outcome) => rest.reduce((total, share) => total + share[outcome], 0);
      return [...shown, { name: OTHERS, held: sum('held'), refused: sum('refused'), unknown: sum('unknown') }];
    },
  };
}

function sizeOf({ held, refused, unknown }: Counts): number {
  return held + refused + unknown;
}
