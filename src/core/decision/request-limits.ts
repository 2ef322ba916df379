import type { DecisionSettings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';

const DAY_MS = 24 * 3_600_000;

/** R14: open requests are capped, of one requester and in all, and so are those that nobody but their requester ended. */
export function tooManyRequests(
  snapshot: Pick<Snapshot, 'pending' | 'cancelled'>,
  username: string,
  { limits }: Pick<DecisionSettings, 'limits'>,
  now: number,
): string | undefined {
  const pending = snapshot.pending(username);
  if (pending.ofRequester >= limits.pendingPerRequester)
    return `too many requests are pending: ${pending.ofRequester} of yours, of at most ${limits.pendingPerRequester}; see them with kubectl sallyport list -A --mine, and cancel what is not needed`;
  if (pending.inAll >= limits.pendingInAll)
    return `too many requests are pending: ${pending.inAll} of all together, of at most ${limits.pendingInAll}; see them with kubectl sallyport list -A, or try again later`;
  const aDay = limits.cancelledPerRequesterADay;
  return snapshot.cancelled(username, now - DAY_MS) >= aDay
    ? `${aDay} of your requests were cancelled within a day; wait before you ask for more`
    : undefined;
}
