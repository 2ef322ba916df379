import type { Entry } from './entry.ts';

type Moment = Pick<Entry, 'kind' | 'outcome' | 'at' | 'decision' | 'seq'>;

/**
 * In the order in which things happened. Requests, votes and uses are known to the second only, as Kubernetes writes times;
 * decisions and events to the millisecond and less. Within a second, what is known to it stands behind what caused it.
 *
 * @param items of one request, in any order
 * @param momentOf what says when it was, and of what kind it is
 */
export function inOrder<Item>(items: readonly Item[], momentOf: (item: Item) => Moment): Item[] {
  const placed: { readonly item: Item; readonly moment: Moment; readonly own: number; readonly ms: number }[] = [];
  const made = items.map((item) => ({ item, moment: momentOf(item) }));
  // A cause is of a lower rank, so that it has its place already.
  for (const { item, moment } of made.toSorted((one, other) => rankOf(one.moment) - rankOf(other.moment))) {
    const own = msOf(moment);
    const causes = isWholeSecond(moment)
      ? placed.filter((cause) => cause.own >= own && cause.own < own + reachOf(cause.moment, moment))
      : [];
    placed.push({ item, moment, own, ms: Math.max(own, ...causes.map(({ ms }) => ms)) });
  }
  return placed
    .toSorted(
      (one, other) =>
        one.ms - other.ms || rankOf(one.moment) - rankOf(other.moment) || one.moment.seq - other.moment.seq,
    )
    .map(({ item }) => item);
}

/** Whether nothing finer is known of its time than the second. */
export function isWholeSecond({ kind, at }: Pick<Moment, 'kind' | 'at'>): boolean {
  return (kind === 'Request' || kind === 'Vote' || kind === 'Use') && /T\d{2}:\d{2}:\d{2}(?:\.0+)?Z$/.test(at);
}

/** A decision is recorded when its answer is given, which may be in the next second after the use that it made. */
const DECISION_MS = 10_000;

/** How far behind it in time one may stand and still be a cause of the other, in milliseconds: 0 where it is none. */
function reachOf(one: Moment, of: Moment): number {
  if (rankOf(one) >= rankOf(of)) return 0;
  if (of.kind !== 'Use' || one.kind !== 'Decision') return 1_000;
  // A window has several uses: each stands behind its own decision.
  return one.decision === of.decision ? DECISION_MS : 0;
}

/** Of what happens within a second: the ask, the votes, what they make of the request, and its use. */
function rankOf({ kind, outcome }: Moment): number {
  switch (kind) {
    case 'Decision':
      return outcome === 'Asked' ? 0 : 4;
    case 'Request':
      if (outcome === 'Pending') return 1;
      return outcome === 'Approved' ? 3 : 6;
    case 'Vote':
      return 2;
    case 'Use':
      return 5;
    case 'GivenBack':
    case 'AuditEvent':
    case 'Alarm':
    case 'Policy':
    case 'Segment':
      return 7;
  }
}

function msOf({ at }: Moment): number {
  const ms = Date.parse(at);
  return Number.isNaN(ms) ? 0 : ms;
}
