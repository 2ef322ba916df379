import { isProxied } from '../../core/attributes/proxied-name.ts';
import type { DecisionRecord } from '../../core/evidence/decision-record.ts';
import type { EvidenceRecord } from '../../core/evidence/evidence-record.ts';
import { isProofOfNothing } from '../../core/approval/give-back.ts';
import { alarmOfEvent } from './alarms.ts';
import { createKnownDecisions, CLAIMS_LIMIT, type KnownDecision } from './known-decisions.ts';
import type { Finding } from './finding.ts';
import { createGateWatch, type GateOptions } from './gate-removed.ts';
import { createImpersonationWatch } from './impersonation.ts';
import { createLossWatch } from './loss.ts';
import { isAbout, type SeenEvent, seenEvent } from './seen-event.ts';
import type { WasGated } from './was-gated.ts';

export interface DetectorOptions extends GateOptions {
  /** How long a decision may come to the ledger after the event that names it. */
  readonly graceMs: number;
  /** How long the API server's event may come after the decision. */
  readonly lossMs: number;
  /** How long what was decided is remembered. */
  readonly memoryMs: number;
  readonly decisions: number;
  /** Events that wait to be judged. */
  readonly waiting: number;
}

/** Of a request that took longer than it might: what it began may have been done all the same. */
const TIMED_OUT = 504;

/** Between the clocks of API servers and ours. */
const SKEW_MS = 5_000;

/** What is known a moment later: changes of policies and labels, and another claim on the same decision. */
export const MOMENT_MS = 5_000;

/** Sees each record of the ledger in its order, and says what is wrong when enough time has passed to be sure. Pure. */
export interface Detectors {
  /** `now` never goes back. */
  see(record: EvidenceRecord, now: number): void;
  due(now: number): readonly Finding[];
}

interface Waiting {
  readonly seen: SeenEvent;
  /** When it is judged with what is known by then. */
  readonly at: number;
}

export interface Judges {
  /** Asked for an event that has no decision of ours, at the time that it is judged. */
  readonly wasGated: (seen: SeenEvent) => WasGated;
  /** Free is what is free whatever turns out later: it is not kept until then. */
  readonly mayBeGated: (seen: SeenEvent) => WasGated;
}

export function createDetectors(options: DetectorOptions, { wasGated, mayBeGated }: Judges): Detectors {
  const known = createKnownDecisions(options.decisions);
  const loss = createLossWatch(options.lossMs);
  const gate = createGateWatch(options);
  const impersonation = createImpersonationWatch();
  /** In the order of their times. */
  const moment: Waiting[] = [];
  const grace: Waiting[] = [];
  const findings: Finding[] = [];
  let isBegun = false;

  const wait = (queue: Waiting[], seen: SeenEvent, at: number): void => {
    queue.push({ seen, at });
    const [oldest] = queue.length > options.waiting ? queue.splice(0, 1) : [];
    // Whoever floods us must not get the one of theirs that matters out of it: it is judged with what is known.
    if (oldest === undefined) return;
    findings.push({ kind: 'Unknown', why: 'Overflow' });
    judgeAnyhow(oldest, true);
  };

  const claim = (entry: KnownDecision, { request, event }: SeenEvent): void => {
    entry.told = true;
    if (!entry.claims.includes(request) && entry.claims.length < CLAIMS_LIMIT) entry.claims.push(request);
    if (event.stage === 'ResponseStarted' && entry.claims[0] === request) entry.begun = true;
  };

  const decided = (decision: DecisionRecord, evidence: string, now: number): void => {
    const entry = known.add(decision, evidence, now);
    // Those that came before it.
    for (const { seen } of [...moment, ...grace])
      if (seen.decisions.includes(decision.id) && isAbout(decision, seen)) claim(entry, seen);
    loss.decided(entry);
  };

  const happened = (seen: SeenEvent, now: number): void => {
    for (const id of seen.decisions) {
      const entry = known.get(id);
      if (entry !== undefined && isAbout(entry.decision, seen)) claim(entry, seen);
    }
    const mayGiveBack = isProofOfNothing(seen.code) && seen.decisions.length > 0;
    loss.happened(seen);
    findings.push(...gate.happened(seen));
    impersonation.happened(seen, now + options.graceMs);
    if (seen.code === TIMED_OUT && seen.decisions.length === 0 && mayBeGated(seen).kind === 'Gated')
      findings.push({ kind: 'Unknown', why: 'Unanswered' });
    if (!seen.succeeded && !mayGiveBack) return;
    if (seen.decisions.length > 0 || mayBeGated(seen).kind !== 'Free') wait(moment, seen, now + MOMENT_MS);
  };

  /** @param at when it was to be judged, @param last whether nothing more is waited for */
  const judge = ({ seen, at }: Waiting, last: boolean): void => {
    const waitLonger = () => wait(grace, seen, at + Math.max(0, options.graceMs - MOMENT_MS));
    const entries = seen.decisions.flatMap((id) => known.get(id) ?? []);
    const own = entries.find((entry) => isAbout(entry.decision, seen) && entry.claims[0] === seen.request);
    if (!seen.succeeded) {
      const isEarly = own === undefined ? entries.length === 0 : isStream(seen) && !own.begun;
      if (isEarly && !last) waitLonger();
      else if (own !== undefined && seen.event.stage === 'ResponseComplete') giveBack(own, seen);
      return;
    }
    if (own?.decision.verdict === 'Allowed') return;
    if (!last && seen.decisions.length > 0 && entries.length === 0) {
      waitLonger();
      return;
    }
    const gated = wasGated(seen);
    switch (gated.kind) {
      case 'Free':
        return;
      case 'Unknown':
        findings.push({ kind: 'Unknown', why: gated.why });
        return;
      case 'Gated':
        findings.push(withoutDecision(seen, entries, gated));
    }
  };

  const judgeAnyhow = (waiting: Waiting, last: boolean): void => {
    try {
      judge(waiting, last);
    } catch {
      findings.push({ kind: 'Unknown', why: 'Unreadable' });
    }
  };

  const withoutDecision = (
    seen: SeenEvent,
    entries: readonly KnownDecision[],
    { policies, certain }: Extract<WasGated, { kind: 'Gated' }>,
  ): Finding => {
    const asks = `policy ${policies.join(', ')} asks for approval, and`;
    const [id] = seen.decisions;
    const [entry] = entries;
    if (id === undefined)
      return seen.isCut
        ? { kind: 'Unknown', why: 'Cut' }
        : alarmOfEvent('Bypass', seen, `${asks} Sallyport was not asked`);
    // It may have been one of no opinion, which no command waits for until it is kept.
    if (entry === undefined && !certain) return { kind: 'Unknown', why: 'NotShown' };
    if (entry === undefined)
      return seen.receivedAt < known.since()
        ? { kind: 'Unknown', why: 'Old' }
        : alarmOfEvent('Loss', seen, `${asks} decision ${id}, which its event names, is not in the ledger`, {
            decision: id,
          });
    const { decision, evidence } = entry;
    const why = !isAbout(decision, seen)
      ? `decision ${id}, which its event names, was about something else`
      : decision.verdict === 'Allowed'
        ? `decision ${id}, which its event names, was for another request`
        : `decision ${id} was to refuse it`;
    return alarmOfEvent('Bypass', seen, `${asks} ${why}`, { decision: id, evidence: [evidence] });
  };

  /**
   * R42. The answer of what is proxied says nothing of what was done; a collection has one for all its objects, the last of
   * them. Of a stream the beginning must have been told too: where an audit policy leaves that out, one that is still open has
   * told of nothing, and a refused one that names its decision would be the first.
   */
  const giveBack = ({ decision, claims, begun }: KnownDecision, seen: SeenEvent): void => {
    const { reviewed, event, code = 0, evidence } = seen;
    const { id, verdict, request, dryRun } = decision;
    const isUse = verdict === 'Allowed' && decision.code === 'Approved' && !dryRun;
    const isOne = !isProxied(reviewed.attributes) && event.verb !== 'deletecollection' && (begun || !isStream(seen));
    if (!isUse || request === undefined || claims.length > 1 || !isOne) return;
    findings.push({ kind: 'GiveBack', decision: id, request, code, event: evidence });
  };

  return {
    see(record, now) {
      // After a start that is not the ledger's first: events may come later than what was decided just before this.
      if (!isBegun && record.seq > 1) known.begin(now + SKEW_MS);
      isBegun = true;
      switch (record.kind) {
        case 'Decision':
          decided(record.data, record.id, now);
          return;
        case 'AuditEvent': {
          const seen = seenEvent(record.id, record.data);
          if (seen === 'Unreadable') findings.push({ kind: 'Unknown', why: 'Unreadable' });
          else if (seen !== undefined) happened(seen, now);
          return;
        }
        case 'Request':
          gate.request(record.data);
          impersonation.request(record.data);
          return;
        default:
          return;
      }
    },
    due(now) {
      for (const queue of [moment, grace])
        while (queue[0] !== undefined && queue[0].at <= now) {
          const [next] = queue.splice(0, 1);
          if (next !== undefined) judgeAnyhow(next, queue === grace);
        }
      findings.push(...loss.due(now), ...impersonation.due(now));
      known.forget(now - options.memoryMs);
      return findings.splice(0);
    },
  };
}

function isStream({ reviewed }: SeenEvent): boolean {
  return reviewed.attributes.operation === 'CONNECT';
}
