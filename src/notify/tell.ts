import { createHash } from 'node:crypto';
import type { ApprovalRequest } from '../core/api/kinds.ts';
import { type Channel, type Delivery, DeliveryDelayedError, DeliveryRefusedError } from './channel.ts';
import { type Changed, changeStatus, type WritePorts } from './change-status.ts';
import type { Happening } from './happenings.ts';
import { isUnfinished, type Notification, notificationOf, problemText, withNotification } from './notified.ts';
import { type OutboxPorts, type OutboxSettings, type Task, taskId, unconfiguredOf } from './outbox-ports.ts';
import { tokenOf, untold, withTold } from './told.ts';

/** What became of an attempt to tell. */
export type Told =
  /** There is nothing to tell any more. */
  | { readonly type: 'Nothing' }
  | { readonly type: 'Told'; readonly more: boolean }
  | { readonly type: 'Delayed'; readonly afterMs: number | undefined }
  | { readonly type: 'GaveUp' | 'Refused' };

/** What one process remembers beyond what stands in status. */
export interface TellMemory {
  /** Tasks that are known not to have arrived, with the `triedAt` of which that is known. */
  readonly notArrived: Map<string, string>;
}

export type TellPorts = OutboxPorts & WritePorts;

interface Begun {
  readonly entry: Notification;
  readonly happenings: readonly Happening[];
  readonly more: boolean;
  readonly id: string;
  readonly uncertainSince: number | undefined;
}

/** A channel that hangs is given up: it has limits of its own, shorter than this. */
const LONGEST_DELIVERY_MS = 120_000;

/** Between two attempts to write down what was told. */
const RECORD_RETRY_MS = 1_000;
const LONGEST_RECORD_RETRY_MS = 30_000;

/**
 * Tells one destination what it has not been told. That telling begins is written before it, and what was told after it:
 * who finds the first without the second does not know whether it arrived, and the channel is told so.
 *
 * @throws whatever the store throws before anything was told
 */
export async function tell(
  task: Task,
  channel: Channel,
  ports: TellPorts,
  settings: OutboxSettings,
  memory: TellMemory,
  signal: AbortSignal,
): Promise<Told> {
  const begun = await changeStatus(task, (request) => begin(request, task, channel, ports, memory), ports, signal);
  if (begun === undefined) return { type: 'Nothing' };
  const outcome = await deliver(begun, task, channel, ports, signal);
  if (outcome.type === 'Aborted') throw outcome.error;
  const known = begun.found.entry.triedAt ?? '';
  if (outcome.type === 'Arrived') memory.notArrived.delete(taskId(task));
  else if (outcome.certain) {
    // What is forgotten is looked for once more.
    if (memory.notArrived.size >= settings.queued) memory.notArrived.clear();
    memory.notArrived.set(taskId(task), known);
  }
  const result = resultOf(outcome, begun.found, ports.clock.now(), settings);
  report(result.type, outcome, begun, task, channel, ports);
  const entry = (now: Notification) =>
    outcome.type === 'Arrived' ? arrived(now, outcome, begun.found, ports) : failed(now, outcome, result);
  await record(task, entry, ports, signal);
  return result;
}

/** What there is to tell now, and the status which says that telling begins. */
function begin(request: ApprovalRequest, task: Task, channel: Channel, ports: TellPorts, memory: TellMemory) {
  const plan = ports.plan(request);
  const planned = plan.destinations.find(({ key }) => key === task.key);
  const stored = notificationOf(request, task.key);
  const waiting = untold(planned?.happenings ?? [], stored?.told);
  const happenings = channel.updates ? waiting : nextMessage(waiting, channel.kind);
  const first = happenings.at(-1);
  if (planned === undefined || first === undefined) return undefined;
  const more = waiting.length > happenings.length;
  const id = deliveryId(task, channel.updates ? (stored?.told ?? []) : [tokenOf(first)]);
  if (stored !== undefined && isUnfinished(stored)) {
    const isKnown = memory.notArrived.get(taskId(task)) === stored.triedAt;
    const uncertainSince = isKnown ? undefined : Date.parse(stored.triedAt ?? '');
    return { found: { entry: stored, happenings, more, id, uncertainSince } satisfies Begun };
  }
  const now = ports.clock.now();
  // After `at` in any case, were it the same millisecond.
  const triedAt = new Date(Math.max(now, (Date.parse(stored?.at ?? '') || 0) + 1)).toISOString();
  const entry: Notification = { ...stored, channel: task.key, triedAt };
  const status = withNotification(request.status ?? {}, entry, plan, unconfiguredOf(ports.channels, plan), now);
  return { found: { entry, happenings, more, id, uncertainSince: undefined } satisfies Begun, status };
}

/** What one message of a channel that cannot change them is about. Who is asked reads the reason in the question itself. */
function nextMessage(waiting: readonly Happening[], kind: Channel['kind']): readonly Happening[] {
  const reason = waiting.filter(({ occasion }) => occasion === 'ReasonGiven');
  const first = waiting.find(({ occasion }) => occasion !== 'ReasonGiven') ?? reason[0];
  if (first === undefined) return [];
  return kind === 'Webhook' || first.occasion === 'ReasonGiven' ? [first] : [...reason, first];
}

type Outcome =
  | { readonly type: 'Arrived'; readonly handle: string | undefined }
  | {
      readonly type: 'Delayed';
      readonly why: string;
      readonly logged?: string;
      readonly afterMs: number | undefined;
      readonly certain: boolean;
    }
  | { readonly type: 'Refused'; readonly why: string; readonly certain: true }
  | { readonly type: 'Aborted'; readonly error: unknown };

async function deliver(
  { request, found }: Changed<Begun>,
  task: Task,
  channel: Channel,
  ports: TellPorts,
  signal: AbortSignal,
): Promise<Outcome> {
  const resolved = ports.resolve(task.destination, request);
  // The people map may know them later.
  if ('problem' in resolved) return { type: 'Delayed', why: resolved.problem, afterMs: undefined, certain: true };
  const delivery: Delivery = {
    destination: resolved.to,
    request,
    notice: ports.noticeOf(request),
    occasions: found.happenings.map(({ occasion }) => occasion),
    ...(found.entry.handle === undefined ? {} : { handle: found.entry.handle }),
    ...(found.uncertainSince === undefined ? {} : { uncertainSince: found.uncertainSince }),
    id: found.id,
  };
  const limit = new AbortController();
  const cancel = ports.clock.after(LONGEST_DELIVERY_MS, () => limit.abort());
  try {
    const { handle } = await channel.deliver(delivery, AbortSignal.any([signal, limit.signal]));
    return { type: 'Arrived', handle };
  } catch (error) {
    if (error instanceof DeliveryRefusedError) return { type: 'Refused', why: error.message, certain: true };
    if (error instanceof DeliveryDelayedError)
      // Who says when to come back has not taken it.
      return { type: 'Delayed', why: error.message, afterMs: error.afterMs, certain: error.afterMs !== undefined };
    if (signal.aborted) return { type: 'Aborted', error };
    const why = error instanceof Error ? error.message : 'unknown';
    // Requesters read the status; what an error of ours says is for the log alone.
    return { type: 'Delayed', why: OUR_OWN, logged: `unexpected: ${why}`, afterMs: undefined, certain: false };
  } finally {
    cancel();
  }
}

function resultOf(
  outcome: Exclude<Outcome, { type: 'Aborted' }>,
  begun: Begun,
  now: number,
  settings: OutboxSettings,
): Told {
  switch (outcome.type) {
    case 'Arrived':
      return { type: 'Told', more: begun.more };
    case 'Refused':
      return { type: 'Refused' };
    case 'Delayed':
      return now >= deadlineOf(begun.entry, begun.happenings, settings)
        ? { type: 'GaveUp' }
        : { type: 'Delayed', afterMs: outcome.afterMs };
  }
}

/** Until when a destination is tried: a new occasion gives it new time. */
export function deadlineOf(
  entry: Pick<Notification, 'triedAt'> | undefined,
  happenings: readonly Happening[],
  { attemptsMs }: Pick<OutboxSettings, 'attemptsMs'>,
): number {
  return Math.max(Date.parse(entry?.triedAt ?? '') || 0, ...happenings.map(({ at }) => at)) + attemptsMs;
}

function arrived(
  now: Notification,
  { handle }: { readonly handle: string | undefined },
  begun: Begun,
  ports: TellPorts,
): Notification {
  const { problem: _solved, handle: before, ...rest } = now;
  const kept = handle ?? before;
  return {
    ...rest,
    told: withTold(now.told, begun.happenings),
    // Not before it began, whatever a clock that was set back says.
    at: new Date(Math.max(ports.clock.now(), Date.parse(begun.entry.triedAt ?? '') || 0)).toISOString(),
    ...(kept === undefined ? {} : { handle: kept }),
  };
}

function failed(
  now: Notification,
  outcome: Exclude<Outcome, { type: 'Arrived' | 'Aborted' }>,
  result: Told,
): Notification {
  const kind = result.type === 'Refused' ? 'Refused' : result.type === 'GaveUp' ? 'GaveUp' : 'Unavailable';
  return { ...now, problem: problemText(kind, outcome.why) };
}

/** Writes down what became of it, however long the API server is away: what is not written would be told again. */
async function record(
  task: Task,
  entryAfter: (entry: Notification) => Notification,
  ports: TellPorts,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await changeStatus(task, (request) => recorded(request, task, entryAfter, ports), ports, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      ports.events.unwritten(task, error);
      const waitMs = Math.min(RECORD_RETRY_MS * attempt, LONGEST_RECORD_RETRY_MS);
      await ports.clock.sleep(waitMs * (1 + ports.random()), signal);
    }
  }
}

function recorded(
  request: ApprovalRequest,
  task: Task,
  entryAfter: (entry: Notification) => Notification,
  ports: TellPorts,
) {
  const stored = notificationOf(request, task.key) ?? { channel: task.key };
  const plan = ports.plan(request);
  const before = request.status ?? {};
  const status = withNotification(
    before,
    entryAfter(stored),
    plan,
    unconfiguredOf(ports.channels, plan),
    ports.clock.now(),
  );
  const isSame = JSON.stringify(status) === JSON.stringify(before);
  return { found: undefined, ...(isSame ? {} : { status }) };
}

function report(
  result: Told['type'],
  outcome: Exclude<Outcome, { type: 'Aborted' }>,
  { request, found }: Changed<Begun>,
  task: Task,
  channel: Channel,
  { events }: OutboxPorts,
): void {
  if (result === 'Nothing') return;
  events.delivered(result, {
    request,
    key: task.key,
    kind: channel.kind,
    occasions: found.happenings.map(tokenOf),
    ...(outcome.type === 'Arrived' ? {} : { problem: loggedOf(outcome) }),
  });
}

const OUR_OWN = 'an error of Sallyport itself, which its log tells';

function loggedOf(outcome: Exclude<Outcome, { type: 'Arrived' | 'Aborted' }>): string {
  return outcome.type === 'Delayed' ? (outcome.logged ?? outcome.why) : outcome.why;
}

/** The same for each attempt of the same delivery, and for no other. */
function deliveryId({ uid, key }: Task, tokens: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([uid, key, tokens]))
    .digest('hex')
    .slice(0, 32);
}
