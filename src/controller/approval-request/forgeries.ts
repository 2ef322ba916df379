import { API_VERSION } from '../../core/api/group.ts';
import type { ApprovalRequest, ApprovalVote } from '../../core/api/kinds.ts';
import type { Events } from '../../ports/events.ts';
import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';

const KINDS = ['Request', 'Status', 'Vote'] as const;
type ForgedKind = (typeof KINDS)[number];

/** What is remembered as reported; beyond it things are said again rather than memory filled. */
const REPORTED_LIMIT = 10_000;

const NOTES: Readonly<Record<ForgedKind, string>> = {
  Request: 'the request does not bear the seal of Sallyport; it was not written by it, and does not count',
  Status: 'the status does not bear the seal of Sallyport; it was not written by it, and the request does not count',
  Vote: 'the vote does not bear the seal of Sallyport; it was not cast through it, and does not count',
};

/** R15: says once of each object without a true seal that it is there: a log line, a metric and an Event on it. */
export interface Forgeries {
  request(request: ApprovalRequest, kind: 'Request' | 'Status'): void;
  vote(vote: ApprovalVote): void;
}

export function createForgeries(log: Logger, metrics: Metrics, events: Events): Forgeries {
  const counters = {
    forgeries: metrics.counter({
      name: 'forgeries_total',
      help: 'Requests, statuses and votes found without a true seal: written past Sallyport, or before it sealed them.',
      labels: { kind: KINDS },
    }),
  };
  const reported = new Set<string>();
  const report = (object: ApprovalRequest | ApprovalVote, what: ForgedKind) => {
    const { namespace = '', name, uid } = object.metadata;
    const once = `${what}/${uid ?? `${namespace}/${name}`}`;
    if (reported.has(once)) return;
    if (reported.size >= REPORTED_LIMIT) reported.clear();
    reported.add(once);
    emit(
      businessEvent({
        level: 'error',
        message: 'an object without a true seal does not count',
        fields: { forged: what, object: `${namespace}/${name}`, uid },
        counter: (all: typeof counters) => all.forgeries,
        labels: { kind: what },
      }),
      { log, metrics: counters },
    );
    events.emit({
      regarding: {
        apiVersion: API_VERSION,
        kind: what === 'Vote' ? 'ApprovalVote' : 'ApprovalRequest',
        namespace,
        name,
        ...(uid === undefined ? {} : { uid }),
      },
      type: 'Warning',
      reason: `Forged${what}`,
      action: 'Reconcile',
      note: NOTES[what],
    });
  };
  return { request: report, vote: (vote) => report(vote, 'Vote') };
}
