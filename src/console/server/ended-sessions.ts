/** What is over before its time: sessions that were signed out, sign-ins that were redeemed. */
export interface EndedSessions {
  end(session: Dated): void;
  isEnded(session: Dated): boolean;
}

interface Dated {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * In the memory of this replica, until they would have expired by themselves.
 *
 * @param limit when more than this were ended, the oldest of them is forgotten, and all that were issued until then end
 * with it: nothing comes back to life
 */
export function createEndedSessions(limit: number, now: () => number): EndedSessions {
  const ended = new Map<string, Dated>();
  let floor = Number.NEGATIVE_INFINITY;
  const forget = () => {
    for (const [id, { expiresAt }] of ended) if (expiresAt <= now()) ended.delete(id);
    while (ended.size > limit) {
      const [oldest] = [...ended.values()].sort((a, b) => a.issuedAt - b.issuedAt);
      if (oldest === undefined) return;
      floor = Math.max(floor, oldest.issuedAt);
      ended.delete(oldest.id);
    }
  };
  return {
    end: ({ id, issuedAt, expiresAt }) => {
      ended.set(id, { id, issuedAt, expiresAt });
      if (ended.size > limit) forget();
    },
    isEnded: ({ id, issuedAt }) => issuedAt <= floor || ended.has(id),
  };
}
