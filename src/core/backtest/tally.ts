import { resourceName } from '../api/resource-name.ts';
import { approverName } from '../approval/person.ts';
import { initialStages } from '../approval/stages.ts';
import type { ReadyPolicy } from '../decision/compile.ts';
import { whoIsMissing } from '../decision/denial.ts';
import { type Act, actionName, succeeded } from './acts.ts';
import type { Verdict } from './judge.ts';
import { createRequestEstimate } from './request-estimate.ts';
import type { PolicyBacktest, ReasonCount, UnknownReason } from './report.ts';
import { everyDay, type Span } from './every-day.ts';
import { createShares, type Outcome } from './shares.ts';

/** Counts what one policy would have done. */
export interface Tally {
  add(act: Act, verdict: Verdict): void;
  /** @param span the first and the last moment that was looked at, in milliseconds; undefined where there is none */
  result(span: Span | undefined): PolicyBacktest;
}

const DAY_MS = 24 * 3_600_000;
/** What is seen of an hour says nothing of a day: nothing is multiplied. */
const SHORTEST_MS = DAY_MS;

/** Rows of a report, of each kind. */
const TOP = 20;

export function daysOf(span: Span | undefined): number {
  return span === undefined ? 0 : Math.max(SHORTEST_MS, span.until - span.from) / DAY_MS;
}

export function createTally(policy: ReadyPolicy): Tally {
  const { name, mode, terms } = policy;
  const counts = { held: 0, refused: 0, unknown: 0 };
  const by = { resource: createShares(), namespace: createShares(), person: createShares(), action: createShares() };
  const days = createShares();
  const reasons = {
    unknown: new Map<UnknownReason, number>(),
    refused: new Map<string, number>(),
    notReached: new Map<PolicyBacktest['notReached'][number]['reason'], number>(),
  };
  const [sure, possible] = [createRequestEstimate(), createRequestEstimate()];
  const requests = { sure: 0, possible: 0 };
  let dryRuns = 0;

  const count = (act: Act, outcome: Outcome): void => {
    counts[outcome] += 1;
    by.resource.add(resourceName(act.attributes), outcome);
    if (act.attributes.namespace !== undefined) by.namespace.add(act.attributes.namespace, outcome);
    by.person.add(act.user, outcome);
    by.action.add(actionName(act.attributes), outcome);
    days.add(new Date(act.receivedAt).toISOString().slice(0, 10), outcome);
  };
  const estimate = (act: Act, verdict: Verdict): void => {
    if (verdict.kind !== 'Held' && verdict.kind !== 'Unknown') return;
    const fingerprint = `${act.user} ${verdict.fingerprint ?? act.same}`;
    if (possible.add(fingerprint, terms, act.receivedAt, succeeded(act))) requests.possible += 1;
    if (verdict.kind === 'Held' && act.attempt.reached === true)
      requests.sure += Number(sure.add(fingerprint, terms, act.receivedAt, succeeded(act)));
  };
  return {
    add(act, verdict) {
      const { attempt, attributes } = act;
      if (verdict.kind === 'Free') return;
      if (attempt.reached === false) {
        increase(reasons.notReached, attempt.why);
        return;
      }
      if (attributes.dryRun) {
        dryRuns += 1;
        return;
      }
      estimate(act, verdict);
      if (attempt.reached === 'unknown' || verdict.kind === 'Unknown') {
        count(act, 'unknown');
        if (attempt.reached === 'unknown') increase(reasons.unknown, attempt.why);
        if (verdict.kind === 'Unknown') for (const part of verdict.missing) increase(reasons.unknown, part);
        return;
      }
      count(act, verdict.kind === 'Held' ? 'held' : 'refused');
      if (verdict.kind === 'Refused') increase(reasons.refused, verdict.reason);
    },
    result(span) {
      const spanDays = daysOf(span);
      const perDay = (number: number) => (spanDays === 0 ? 0 : rounded(number / spanDays));
      return {
        policy: name,
        mode,
        asks: whoIsMissing([terms], initialStages([terms])),
        ...counts,
        dryRuns,
        requests: requests.sure,
        requestsAtMost: requests.possible,
        requestsPerDay: perDay(requests.sure),
        requestsPerDayAtMost: perDay(requests.possible),
        approvers: terms.terms.stages.flatMap((stage) =>
          stage.approvers.map((approver) => ({
            approver: approverName(approver),
            stage: stage.name,
            requests: requests.sure,
            requestsPerDay: perDay(requests.sure),
          })),
        ),
        resources: by.resource.top(TOP),
        namespaces: by.namespace.top(TOP),
        people: by.person.top(TOP),
        actions: by.action.top(TOP),
        days: everyDay(days, span),
        unknownBecause: sorted(reasons.unknown),
        refusedBecause: sorted(reasons.refused),
        notReached: sorted(reasons.notReached),
      };
    },
  };
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sorted<R extends string>(counts: ReadonlyMap<R, number>): ReasonCount<R>[] {
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

/** What somebody would say: two digits, and no more than are known. */
function rounded(value: number): number {
  return value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
}
