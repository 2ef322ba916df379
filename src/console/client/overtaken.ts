import type { VoteDecision } from '../../core/api/kinds.ts';
import type { RequestDetail } from '../api.ts';

type Seen = Pick<RequestDetail, 'uid' | 'digest' | 'may'>;

/** Why a decision on what was shown cannot be sent any more; undefined where it can. */
export function overtakenBy(decision: VoteDecision, shown: Seen, current: Seen): string | undefined {
  if (shown.uid !== current.uid || shown.digest !== current.digest) {
    return 'The request has changed since it was shown to you. Close this and read it anew.';
  }
  const may = current.may[decision];
  return may.ok ? undefined : `It has moved on since you opened this: ${may.message}`;
}
