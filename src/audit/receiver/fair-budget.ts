import type { BudgetShare } from '../../platform/http/byte-budget.ts';

/** Bytes of batches held at once, shared among the API servers that send. */
export interface FairBudget {
  /** Bytes held now. */
  held(): number;
  open(source: string): BudgetShare;
}

/**
 * A source may hold no more than is free at the moment: alone it gets half of the budget, two get a third each, and so on, and
 * there is always room for one more (dynamic thresholds: Choudhury and Hahne, IEEE/ACM ToN 6(2), 1998). So an API server
 * that floods us leaves the others their share, without anybody being counted or configured.
 */
export function createFairBudget(maxBytes: number): FairBudget {
  let total = 0;
  const bySource = new Map<string, number>();
  return {
    held: () => total,
    open: (source) => {
      let mine = 0;
      return {
        take: (bytes) => {
          const theirs = (bySource.get(source) ?? 0) + bytes;
          if (theirs > maxBytes - total - bytes) return false;
          bySource.set(source, theirs);
          total += bytes;
          mine += bytes;
          return true;
        },
        release: () => {
          const left = (bySource.get(source) ?? 0) - mine;
          if (left > 0) bySource.set(source, left);
          else bySource.delete(source);
          total -= mine;
          mine = 0;
        },
      };
    },
  };
}
