import type { ApprovalRequest } from '../core/api/kinds.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import type { Channel, Occasion } from './channel.ts';
import { changeStatus } from './change-status.ts';
import { REQUESTER } from './destination.ts';
import type { Happening } from './happenings.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { createLane, type Lane, type Urgency, type Waiting } from './lane.ts';
import { notificationOf, problemKind, withEntries, withNotified } from './notified.ts';
import { type OutboxPorts, type OutboxSettings, type Task, taskId, unconfiguredOf } from './outbox-ports.ts';
import type { Plan, Planned } from './plan.ts';
import { deadlineOf, tell } from './tell.ts';
import { untold } from './told.ts';

/** Brings every destination to what it should have been told, at its pace. */
export interface Outbox {
  /** Takes a request as it is known; what it already waits for is not taken twice. Returns when it wants to be offered again. */
  offer(request: ApprovalRequest): number | undefined;
  /** Destinations that refused are tried again: a policy has changed. */
  forgetRefusals(): void;
  /** Messages that wait or are on their way. */
  waiting(): number;
  /** Works until `signal` is aborted, once; resolves when nothing is on its way any more. */
  run(signal: AbortSignal): Promise<void>;
}

/** Deliveries at once, to different destinations. */
const CONCURRENCY = 32;

/** After the API server did not answer. */
const STORE_RETRY_MS = 2_000;

/** What waits for less is told in a moment, which says it all with one write. */
const LONG_QUEUE = 5;
const LONG_PAUSE_MS = 5_000;

export function createOutbox(outer: OutboxPorts, settings: OutboxSettings): Outbox {
  const ports = { ...outer, locked: createKeyedLock() };
  const { clock, channels, events } = ports;
  const lanes = new Map<string, Lane>();
  const refused = new Set<string>();
  const memory = { notArrived: new Map<string, string>() };
  const working = new Set<Promise<void>>();
  const telling = new Set<string>();
  /** Requests of which only the condition is to be written. */
  const unsettled = new Map<string, Pick<Task, 'namespace' | 'name' | 'uid'>>();
  let settling = false;
  let free = CONCURRENCY;
  const queue: (() => void)[] = [];
  let signal: AbortSignal | undefined;
  let grace: AbortSignal | undefined;
  let startedAt = 0;

  function isRunning(): boolean {
    return signal?.aborted === false;
  }

  function waiting(): number {
    return [...lanes.values()].reduce((sum, lane) => sum + lane.size(), telling.size);
  }

  function offer(request: ApprovalRequest): number | undefined {
    if (!isRunning() || request.status?.state === undefined) return undefined;
    const plan = ports.plan(request);
    const unconfigured = unconfiguredOf(channels, plan);
    const taken = plan.destinations.filter((planned) => !unconfigured.has(planned.key) && take(request, planned));
    settle(request, plan, unconfigured, taken.length === 0);
    events.queued(waiting());
    return plan.nextAt;
  }

  /** Whether there is something to tell this destination. */
  function take(request: ApprovalRequest, planned: Planned): boolean {
    const entry = notificationOf(request, planned.key);
    const pending = untold(planned.happenings, entry?.told);
    const task = taskOf(request, planned);
    if (pending.length === 0 || refused.has(taskId(task))) return false;
    const isGivenUp = problemKind(entry?.problem) === 'GaveUp' && clock.now() >= deadlineOf(entry, pending, settings);
    const channel = channels.find(({ kind }) => kind === planned.destination.kind);
    if (isGivenUp || channel === undefined || !ports.isGenuine(request)) return false;
    const lane = laneOf(request, planned, channel);
    if (!lane.has(taskId(task)) && waiting() >= settings.queued) {
      events.delivered('Dropped', { request, key: planned.key, kind: channel.kind });
      return true;
    }
    lane.add(task, urgencyOf(request, pending));
    return true;
  }

  function laneOf(request: ApprovalRequest, { key, destination }: Planned, channel: Channel): Lane {
    const id = laneId(key, destination.name, request);
    const known = lanes.get(id);
    if (known !== undefined) return known;
    // Whoever told before us may have told this destination a moment ago.
    const readyAt = startedAt + channel.intervalMs;
    const lane = createLane({ clock, random: ports.random, intervalMs: channel.intervalMs, readyAt });
    lanes.set(id, lane);
    start(work(id, lane, channel));
    return lane;
  }

  function start(job: Promise<void>): void {
    const done: Promise<void> = job.finally(() => working.delete(done));
    working.add(done);
  }

  async function work(id: string, lane: Lane, channel: Channel): Promise<void> {
    // Leaves the caller's stack, who is still adding.
    await Promise.resolve();
    while (isRunning()) {
      const waitMs = lane.readyAt() - clock.now();
      if (waitMs > 0) {
        await clock.sleep(waitMs, signal).catch(ignoreAbort);
        continue;
      }
      const next = lane.next();
      if (next === undefined) break;
      await acquire();
      try {
        if (isRunning()) await attempt(next, lane, channel);
      } finally {
        release();
      }
    }
    if (lanes.get(id) === lane) lanes.delete(id);
  }

  async function attempt(next: Waiting, lane: Lane, channel: Channel): Promise<void> {
    const { task, urgency } = next;
    const id = taskId(task);
    telling.add(id);
    try {
      const told = await tell(task, channel, ports, settings, memory, grace ?? AbortSignal.abort());
      switch (told.type) {
        case 'Nothing':
          return;
        case 'Told':
          lane.delivered();
          if (told.more) lane.add(task, urgency);
          return;
        case 'Delayed':
          lane.failed(told.afterMs);
          lane.retry(next);
          return;
        case 'GaveUp':
          lane.failed(undefined);
          lane.remove(id);
          return;
        case 'Refused':
          lane.delivered();
          // Requests go, and nobody says so: at worst some destinations refuse once more.
          if (refused.size >= settings.queued) refused.clear();
          refused.add(id);
          lane.remove(id);
          return;
      }
    } catch (error) {
      if (!isRunning()) return;
      events.unwritten(task, error);
      lane.failed(STORE_RETRY_MS);
      lane.retry(next);
    } finally {
      telling.delete(id);
      events.queued(waiting());
    }
  }

  async function acquire(): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve) => {
      queue.push(resolve);
    });
  }

  function release(): void {
    const next = queue.shift();
    if (next === undefined) free += 1;
    else next();
  }

  /** What is long in coming, by destination: those who look at the request see that it is known. */
  function waitingOf(request: ApprovalRequest, { destinations }: Plan): Map<string, string> {
    return new Map(
      destinations.flatMap(({ key, destination }) => {
        const lane = lanes.get(laneId(key, destination.name, request));
        const id = taskId({ uid: request.metadata.uid ?? '', key });
        if (notificationOf(request, key) !== undefined || lane?.has(id) !== true) return [];
        const ahead = lane.ahead(id);
        if (ahead < LONG_QUEUE && lane.readyAt() - clock.now() < LONG_PAUSE_MS) return [];
        return [[key, ahead === 0 ? 'waiting for the destination' : `waiting behind ${ahead} others`] as const];
      }),
    );
  }

  /** Where there is nothing to tell, the condition may still say something else: a destination that does not exist. */
  function settle(
    request: ApprovalRequest,
    plan: Plan,
    unconfigured: ReadonlyMap<string, string>,
    isQuiet: boolean,
  ): void {
    const before = request.status ?? {};
    const status = withEntries(before, plan, unconfigured, waitingOf(request, plan));
    // Where something is being told, the condition is written with it.
    const isSettled = !isQuiet || withNotified(status, plan, unconfigured, clock.now()) === before;
    if (status === before && isSettled) return;
    if (unsettled.size >= settings.queued || !ports.isGenuine(request)) return;
    const { namespace = '', name, uid = '' } = request.metadata;
    unsettled.set(uid, { namespace, name, uid });
    if (!settling) {
      settling = true;
      start(settleAll());
    }
  }

  async function settleAll(): Promise<void> {
    for (let [next] = unsettled; next !== undefined && isRunning(); [next] = unsettled) {
      const [uid, place] = next;
      unsettled.delete(uid);
      try {
        await changeStatus(place, settled, ports, grace ?? AbortSignal.abort());
      } catch (error) {
        events.unwritten(place, error);
        await clock.sleep(STORE_RETRY_MS, signal).catch(ignoreAbort);
      }
    }
    settling = false;
  }

  function settled(request: ApprovalRequest) {
    const plan = ports.plan(request);
    const before = request.status ?? {};
    const unconfigured = unconfiguredOf(channels, plan);
    const entered = withEntries(before, plan, unconfigured, waitingOf(request, plan));
    const status = withNotified(entered, plan, unconfigured, clock.now());
    return status === before ? undefined : { found: undefined, status };
  }

  return {
    offer,
    forgetRefusals: () => refused.clear(),
    waiting,
    async run(stop) {
      if (signal !== undefined) throw new Error('the outbox has been run already');
      startedAt = clock.now();
      const late = new AbortController();
      grace = late.signal;
      signal = stop;
      const cancel = await new Promise<() => void>((resolve) => {
        const end = () => resolve(clock.after(settings.graceMs, () => late.abort(stop.reason)));
        if (stop.aborted) end();
        else stop.addEventListener('abort', end, { once: true });
      });
      for (const resume of queue.splice(0)) resume();
      while (working.size > 0) await Promise.all(working);
      cancel();
    },
  };
}

function taskOf({ metadata }: ApprovalRequest, { key, destination }: Planned): Task {
  return { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '', key, destination };
}

/** People are told one by one: what one of them asks for does not hold up the others. */
function laneId(key: string, name: string, { spec }: ApprovalRequest): string {
  return name === REQUESTER ? `${key} ${spec.requester?.username ?? ''}` : key;
}

const ASKING: readonly Occasion[] = ['Asked', 'StageOpened', 'Escalated', 'ReasonGiven', 'BreakGlass'];

function urgencyOf(request: ApprovalRequest, pending: readonly Happening[]): Urgency {
  if (ENDED.has(stateOf(request))) return 'Ended';
  return pending.some(({ occasion }) => ASKING.includes(occasion)) ? 'Asked' : 'Changed';
}

function ignoreAbort(): void {}
