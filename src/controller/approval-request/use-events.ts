import type { ApprovalRequest } from '../../core/api/kinds.ts';

/** Tells uses that are new from those that were there: an enforcement point writes them, not the controller. */
export interface UsesSeen {
  /** How many uses have come since the request was seen last; none where it was never seen. */
  newUses(request: ApprovalRequest): number;
  forget(key: string): void;
}

export function createUsesSeen(): UsesSeen {
  const seen = new Map<string, number>();
  return {
    newUses({ metadata: { namespace = '', name }, status }) {
      const key = `${namespace}/${name}`;
      const count = status?.uses?.length ?? 0;
      const before = seen.get(key) ?? (status?.state === 'Pending' ? 0 : count);
      seen.set(key, count);
      return Math.max(0, count - before);
    },
    forget: (key) => seen.delete(key),
  };
}
