import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import type { JsonObject } from '../../core/attributes/json.ts';
import type { PolicyCompiler } from '../../core/decision/compile.ts';
import type { EvidenceRecord, Submission } from '../../core/evidence/evidence-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Watched } from '../../ports/watched.ts';
import { type Cursor, follow } from '../ledger/follow.ts';
import { type ActPorts, giveBackUse, givenBackData, revokeImpersonated } from './act-on.ts';
import { createDetectors, type DetectorOptions } from './create-detectors.ts';
import type { DetectorEvents } from './detector-events.ts';
import type { Finding } from './finding.ts';
import { createPolicyHistory } from './policy-history.ts';
import { createRewindingCursor } from './rewinding-cursor.ts';
import { createWasGated } from './was-gated.ts';
import { watchNamespaces, watchPolicyTimes } from './world-then.ts';

export interface DetectorsOptions {
  readonly graceMs: number;
  readonly lossMs: number;
  readonly ourUsernames: ReadonlySet<string>;
  readonly gate: Pick<DetectorOptions, 'gateObjects' | 'gateKeepers'>;
}

export interface DetectorsPorts extends ActPorts {
  readonly ledger: Ledger;
  readonly cursor: Cursor;
  readonly policies: Pick<Watched<ApprovalPolicy>, 'list' | 'freshAt'>;
  readonly namespaces: Pick<Watched<JsonObject>, 'get' | 'list' | 'onChange'>;
  readonly compile: PolicyCompiler;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: DetectorEvents;
}

/** Longer than an API server takes to go by a new webhook configuration, and the controller to write it. */
const SETTLE_MS = 30_000;
/** What changed while nobody watched is in the ledger by then. */
const START_MS = 15_000;
const LOOK_MS = 1_000;
const AT_ONCE = { records: 2_000, bytes: 16 * 1024 * 1024 };
const MEMORY_MS = 3_600_000;
const DECISIONS = 200_000;
const WAITING = 50_000;
/** Findings that were acted on, by id: stages and restarts show a thing more than once. */
const DONE_LIMIT = 50_000;
/** A vote is counted within seconds. */
const VOTE_TRIES = 10;

/**
 * Follows the ledger until the signal, raises alarms in it, and gives back uses of which nothing came.
 *
 * @param ports the collections are in step with the cluster
 */
export async function runDetectors(
  options: DetectorsOptions,
  ports: DetectorsPorts,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, clock, random, events, compile, policies } = ports;
  const now = () => clock.now();
  const history = createPolicyHistory(compile, SETTLE_MS);
  for (const policy of policies.list()) history.stands(policy);
  const namespaces = watchNamespaces(ports.namespaces, now);
  const times = watchPolicyTimes(policies, now);
  const { graceMs, lossMs, ourUsernames, gate } = options;
  const limits = { graceMs, lossMs, memoryMs: MEMORY_MS, decisions: DECISIONS, waiting: WAITING };
  const wasGated = createWasGated({ history, namespace: (name, from) => namespaces.get(name, from), ourUsernames });
  // Labels may be behind what the API server went by.
  const mayBeGated = createWasGated({ history, namespace: () => undefined, ourUsernames });
  const detectors = createDetectors({ ...limits, ...gate }, { wasGated, mayBeGated });
  const cursor = createRewindingCursor(ports.cursor);
  const startedAt = now();
  const headAtStart = ledger.head()?.seq ?? 0;
  const done = new Set<string>();
  const findings: { readonly finding: Finding; tries: number }[] = [];
  let read = { seq: 0, time: 0 };

  const see = (record: EvidenceRecord): void => {
    const at = Math.max(read.time, Date.parse(record.time));
    if (record.kind === 'Policy') history.change(record.data, times.earliest(at), at);
    if (record.kind === 'AuditEvent') namespaces.happened(record.data);
    if (record.kind === 'Alarm' || record.kind === 'GivenBack') remember(record.id);
    detectors.see(record, at);
    read = { seq: record.seq, time: at };
  };
  const remember = (id: string): void => {
    done.add(id);
    const [oldest] = done.size > DONE_LIMIT ? done : [];
    if (oldest !== undefined) done.delete(oldest);
  };

  /** Up to what has been read: a record that waits to be read may say that all is well. */
  const collect = (): void => {
    const isAtEnd = (ledger.head()?.seq ?? 0) <= read.seq;
    const until = isAtEnd ? now() : read.time;
    events.behind(isAtEnd ? 0 : Math.max(0, (now() - read.time) / 1000));
    findings.push(...detectors.due(Math.max(until, read.time)).map((finding) => ({ finding, tries: 0 })));
    history.forget(until - MEMORY_MS);
  };

  async function act(): Promise<void> {
    for (let left = findings.length; left > 0; left -= 1) {
      const [next] = findings;
      if (next === undefined) return;
      const isOver = await actOn(next.finding, next.tries);
      findings.shift();
      if (!isOver) findings.push({ ...next, tries: next.tries + 1 });
    }
  }

  /** @returns false where it is to be tried again. @throws where the ledger or the API server refuses */
  async function actOn(finding: Finding, tries: number): Promise<boolean> {
    switch (finding.kind) {
      case 'Unknown':
        events.unknown(finding.why);
        return true;
      case 'Alarm': {
        if (done.has(finding.id)) return true;
        const { id, alarm } = finding;
        if (await isNew({ kind: 'Alarm', id, data: alarm })) events.alarm(id, alarm);
        return true;
      }
      case 'GiveBack': {
        const { decision, request, code } = finding;
        const id = `given-back/${decision}`;
        if (done.has(id)) return true;
        const acted = await giveBackUse(finding, ports, signal);
        if (acted.kind === 'Done') await isNew({ kind: 'GivenBack', id, data: givenBackData(finding, acted.request) });
        remember(id);
        events.givenBack(
          acted.kind === 'Done' ? 'Done' : 'Refused',
          request,
          decision,
          code,
          acted.kind === 'Refused' ? acted.why : undefined,
        );
        return true;
      }
      case 'Impersonated': {
        const id = `revoked/${finding.object}/${finding.made}`;
        if (done.has(id)) return true;
        const acted = await revokeImpersonated(finding, ports, signal);
        if (acted.kind === 'NotYet' && tries < VOTE_TRIES) return false;
        remember(id);
        const why = acted.kind === 'Refused' ? acted.why : acted.kind === 'NotYet' ? 'it was not counted' : undefined;
        events.revoked(acted.kind === 'Done' ? 'Done' : 'Refused', finding.object, why);
        return true;
      }
    }
  }

  async function isNew(submission: Submission): Promise<boolean> {
    const head = ledger.head()?.seq ?? 0;
    const [position] = await ledger.append([submission]);
    remember(submission.id);
    return (position?.seq ?? 0) > head;
  }

  async function look(): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      times.look();
      if (read.seq < headAtStart || now() - startedAt < START_MS) continue;
      try {
        collect();
        await act();
      } catch (error) {
        events.failed(error);
      }
    }
  }

  try {
    await Promise.all([
      look(),
      follow(
        {
          ledger,
          cursor: cursor.cursor,
          limits: AT_ONCE,
          clock,
          random,
          onError: (error) => events.failed(error),
          handle: async (records) => {
            for (const { record } of records) {
              see(record);
              cursor.passed(record.seq, read.time);
            }
            await Promise.resolve();
          },
        },
        signal,
      ),
    ]);
  } finally {
    namespaces.stop();
  }
}
