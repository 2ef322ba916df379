import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import type { JsonObject } from '../../core/attributes/json.ts';
import type { PolicyCompiler } from '../../core/decision/compile.ts';
import type { EvidenceRecord, Submission } from '../../core/evidence/evidence-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Watched } from '../../ports/watched.ts';
import { type Cursor, follow } from '../ledger/follow.ts';
import type { ActPorts } from './act-on.ts';
import { createActions } from './actions.ts';
import { createDetectors, type DetectorOptions } from './create-detectors.ts';
import type { DetectorEvents } from './detector-events.ts';
import type { AlarmFinding } from './finding.ts';
import { createPolicyHistory } from './policy-history.ts';
import { createRewindingCursor, REWIND_MS } from './rewinding-cursor.ts';
import { LOSS_PATIENCE } from './loss.ts';
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
  const mayBeGated = createWasGated({ history, namespace: () => [], ourUsernames });
  const detectors = createDetectors({ ...limits, ...gate }, { wasGated, mayBeGated });
  // What must still show in an event is waited for after a restart too.
  const cursor = createRewindingCursor(ports.cursor, Math.max(REWIND_MS, lossMs * LOSS_PATIENCE));
  const startedAt = now();
  const headAtStart = ledger.head()?.seq ?? 0;
  const done = new Set<string>();
  const alarms: AlarmFinding[] = [];
  let read = { seq: 0, time: 0 };

  const see = (record: EvidenceRecord): void => {
    const at = Math.max(read.time, Date.parse(record.time));
    if (record.kind === 'Policy') history.change(record.data, times.earliest(at), at);
    if (record.kind === 'AuditEvent') namespaces.happened(record.data);
    if (record.kind === 'Alarm' || record.kind === 'GivenBack') remember(record.id);
    detectors.see(record, at);
  };
  /** One that cannot be judged keeps none that come behind it waiting. */
  const seeAnyhow = (record: EvidenceRecord): void => {
    try {
      see(record);
    } catch (error) {
      events.unknown('Unreadable');
      events.failed(error);
    }
    read = { seq: record.seq, time: Math.max(read.time, Date.parse(record.time)) };
  };
  const remember = (id: string): void => {
    done.add(id);
    const [oldest] = done.size > DONE_LIMIT ? done : [];
    if (oldest !== undefined) done.delete(oldest);
  };
  const actions = createActions({ ...ports, done: { has: (id) => done.has(id), add: remember } }, isNew, signal);

  /** Up to what has been read: a record that waits to be read may say that all is well. */
  const collect = (): void => {
    const isAtEnd = (ledger.head()?.seq ?? 0) <= read.seq;
    const until = isAtEnd ? now() : read.time;
    events.behind(isAtEnd ? 0 : Math.max(0, (now() - read.time) / 1000));
    for (const finding of detectors.due(Math.max(until, read.time))) {
      if (finding.kind === 'Unknown') events.unknown(finding.why);
      else if (finding.kind === 'Alarm') alarms.push(finding);
      else actions.add(finding);
    }
    history.forget(until - MEMORY_MS);
  };

  async function tell(): Promise<void> {
    for (;;) {
      const [next] = alarms;
      if (next === undefined) return;
      const { id, alarm } = next;
      if (!done.has(id) && (await isNew({ kind: 'Alarm', id, data: alarm }))) events.alarm(id, alarm);
      alarms.shift();
    }
  }

  async function isNew(submission: Submission): Promise<boolean> {
    const head = ledger.head()?.seq ?? 0;
    const [seq = 0] = await ledger.append([submission]);
    remember(submission.id);
    return seq > head;
  }

  async function look(): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      times.look();
      if (read.seq < headAtStart || now() - startedAt < START_MS) continue;
      try {
        collect();
        await tell();
      } catch (error) {
        events.failed(error);
      }
    }
  }

  try {
    await Promise.all([
      look(),
      actions.run(),
      follow(
        {
          ledger,
          cursor: cursor.cursor,
          limits: AT_ONCE,
          clock,
          random,
          onError: (error) => events.failed(error),
          handle: (records) => {
            for (const { record } of records) {
              seeAnyhow(record);
              cursor.passed(record.seq, read.time);
            }
            return Promise.resolve();
          },
        },
        signal,
      ),
    ]);
  } finally {
    namespaces.stop();
  }
}
