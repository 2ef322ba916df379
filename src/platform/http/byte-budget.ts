/** Bytes of request bodies that one process holds in memory at once, over all connections. */
export interface ByteBudget {
  /** Bytes held now. */
  held(): number;
  open(): BudgetShare;
}

/** What one request holds. */
export interface BudgetShare {
  /** False when the budget does not allow `bytes` more; nothing is taken then. */
  take(bytes: number): boolean;
  /** Gives everything back; harmless when repeated. */
  release(): void;
}

/**
 * Bytes count when they arrive, not when they are announced: otherwise connections that promise a body and send
 * nothing would use the budget up for free.
 */
export function createByteBudget(maxBytes: number): ByteBudget {
  let total = 0;
  return {
    held: () => total,
    open: () => {
      let mine = 0;
      return {
        take: (bytes) => {
          if (total + bytes > maxBytes) return false;
          total += bytes;
          mine += bytes;
          return true;
        },
        release: () => {
          total -= mine;
          mine = 0;
        },
      };
    },
  };
}
