import { fromAuditEvent, type Reviewed } from '../attributes/from-audit-event.ts';
import type { ReadyPolicy } from '../decision/compile.ts';
import { isAuditEvent } from '../evidence/is-audit-event.ts';
import { requestKey } from '../evidence/request-key.ts';
import type { NamespaceLookup } from './assumed-attributes.ts';
import { attemptOf } from './attempt.ts';
import { createActFolder } from './fold-acts.ts';
import { createJudge, type Judge, type Verdict } from './judge.ts';
import type { BacktestReport, EventsRead } from './report.ts';
import type { Span } from './every-day.ts';
import { createTally, daysOf } from './tally.ts';

export interface BacktestOptions {
  readonly policies: readonly ReadyPolicy[];
  /** The Namespace, with the labels that it has, or had; undefined where they are not known. */
  readonly namespace: NamespaceLookup;
  /** Who a username is; the username itself where nobody says. */
  readonly person: (username: string) => string;
  /** Milliseconds; what was received before is left out. */
  readonly since?: number;
  /** Milliseconds; what was received at it or later is left out. */
  readonly until?: number;
  /** Milliseconds; what says that it was received later is broken. */
  readonly latest?: number;
  /** What is known to be told of, though nothing may have happened then; otherwise what the events span. */
  readonly span?: Span;
}

/** Before Kubernetes there were no events of it. */
const EARLIEST = Date.UTC(2014, 0, 1);

/** What became of one event. */
export type Seen = 'Counted' | 'NotOurs' | 'OutOfTime' | { readonly broken: string };

export interface Backtest {
  /** Never throws: what is no audit event is said to be broken. */
  see(event: unknown): Seen;
  /** Once, at the end. */
  report(read: EventsRead): BacktestReport;
}

export function createBacktest(options: BacktestOptions): Backtest {
  const { policies, namespace, person, since, until, latest } = options;
  const judges = policies.map((policy) => ofAnyOperation(createJudge(policy)));
  const tallies = policies.map(createTally);
  const folder = createActFolder((act) => {
    for (const [index, tally] of tallies.entries()) tally.add(act, act.verdicts[index] ?? FREE);
  });
  let { span } = options;
  return {
    see(event) {
      if (!isAuditEvent(event)) return { broken: 'it is no audit.k8s.io/v1 Event' };
      const receivedAt = Date.parse(event.requestReceivedTimestamp);
      if (Number.isNaN(receivedAt)) return { broken: 'its requestReceivedTimestamp is none' };
      if (receivedAt < EARLIEST || receivedAt > (latest ?? receivedAt))
        return { broken: `its requestReceivedTimestamp, ${event.requestReceivedTimestamp}, cannot be` };
      if (receivedAt < (since ?? receivedAt) || (until !== undefined && receivedAt >= until)) return 'OutOfTime';
      span = { from: Math.min(span?.from ?? receivedAt, receivedAt), until: Math.max(span?.until ?? 0, receivedAt) };
      // What became of it, another event tells.
      if (event.stage === 'RequestReceived') return 'NotOurs';
      const audited = fromAuditEvent(event);
      if (audited.kind === 'Unreadable') return { broken: audited.problem };
      if (audited.kind === 'NotReviewed') return 'NotOurs';
      const verdicts = judges.map((judge) => judge(audited, namespace));
      if (verdicts.every(({ kind }) => kind === 'Free')) return 'NotOurs';
      const { attributes } = audited;
      const { username } = attributes.user;
      const answeredAt = Date.parse(event.stageTimestamp);
      folder.add(requestKey(event), {
        same: `${username} ${attributes.operation} ${event.requestURI}`,
        user: person(username),
        attributes,
        attempt: attemptOf(event, audited),
        verdicts,
        receivedAt,
        answeredAt: Number.isNaN(answeredAt) ? receivedAt : answeredAt,
        code: event.responseStatus?.code,
        verb: event.verb,
      });
      return 'Counted';
    },
    report(read) {
      folder.end();
      return {
        format: 'sallyport-backtest/v1',
        ...(span === undefined
          ? {}
          : { from: new Date(span.from).toISOString(), until: new Date(span.until).toISOString() }),
        days: Math.round(daysOf(span) * 100) / 100,
        read,
        policies: tallies.map((tally) => tally.result(span)),
      };
    },
  };
}

const FREE: Verdict = { kind: 'Free' };

/** An apply that failed might have made its object, or changed it. */
function ofAnyOperation(judge: Judge): Judge {
  return (reviewed, namespace) => {
    const verdict = judge(reviewed, namespace);
    if (!reviewed.unknown.has('operation')) return verdict;
    const made = judge(asCreate(reviewed), namespace);
    if (made.kind === 'Free' && verdict.kind === 'Free') return verdict;
    if (made.kind === verdict.kind && made.kind !== 'Unknown') return verdict;
    const missing = [made, verdict].flatMap((each) => (each.kind === 'Unknown' ? each.missing : []));
    const fingerprint = 'fingerprint' in verdict ? verdict.fingerprint : undefined;
    return {
      kind: 'Unknown',
      missing: [...new Set([...missing, 'operation' as const])].sort(),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    };
  };
}

function asCreate({ attributes, unknown, ...rest }: Reviewed): Reviewed {
  const parts = [...unknown].filter((part) => part !== 'oldObject' && part !== 'change' && part !== 'operation');
  return { ...rest, attributes: { ...attributes, operation: 'CREATE', oldObject: null }, unknown: new Set(parts) };
}
