import type { ApprovalRequest } from '../core/api/kinds.ts';
import type { Channel } from './channel.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { createLane, type Lane } from './lane.ts';
import { laneId, waitingOf } from './lanes.ts';
import { createLifetime } from './lifetime.ts';
import { notificationOf, problemKind } from './notified.ts';
import { type OutboxPorts, type OutboxSettings, type Task, taskId, unconfiguredOf } from './outbox-ports.ts';
import type { Planned } from './plan.ts';
import { createSettler } from './settler.ts';
import { createSlots } from './slots.ts';
import { deadlineOf } from './telling.ts';
import { untold } from './told.ts';
import { urgencyOf } from './urgency.ts';
import { type LaneWork, workLane } from './work-lane.ts';

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

export function createOutbox(outer: OutboxPorts, settings: OutboxSettings): Outbox {
  const ports = { ...outer, locked: createKeyedLock() };
  const { clock, channels, events } = ports;
  const lanes = new Map<string, Lane>();
  const lifetime = createLifetime(clock, settings.graceMs);
  const work: LaneWork = {
    ports,
    settings,
    lifetime,
    slots: createSlots(CONCURRENCY),
    memory: { notArrived: new Map() },
    telling: new Set(),
    refused: new Set(),
    attempted: () => events.queued(waiting()),
  };
  const settler = createSettler(ports, settings, lifetime, (request, plan) => waitingOf(request, plan, lanes, clock));

  function waiting(): number {
    return [...lanes.values()].reduce((sum, lane) => sum + lane.size(), work.telling.size);
  }

  function offer(request: ApprovalRequest): number | undefined {
    if (!lifetime.isRunning() || request.status?.state === undefined) return undefined;
    const plan = ports.plan(request);
    const unconfigured = unconfiguredOf(channels, plan);
    const taken = plan.destinations.filter((planned) => !unconfigured.has(planned.key) && take(request, planned));
    settler.settle(request, plan, unconfigured, taken.length === 0);
    events.queued(waiting());
    return plan.nextAt;
  }

  /** Whether there is something to tell this destination. */
  function take(request: ApprovalRequest, planned: Planned): boolean {
    const entry = notificationOf(request, planned.key);
    const pending = untold(planned.happenings, entry?.told);
    const task = taskOf(request, planned);
    if (pending.length === 0 || work.refused.has(taskId(task))) return false;
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

  function laneOf(request: ApprovalRequest, planned: Planned, channel: Channel): Lane {
    const id = laneId(planned, request);
    const known = lanes.get(id);
    if (known !== undefined) return known;
    // Whoever told before us may have told this destination a moment ago.
    const readyAt = lifetime.startedAt() + channel.intervalMs;
    const lane = createLane({ clock, random: ports.random, intervalMs: channel.intervalMs, readyAt });
    lanes.set(id, lane);
    lifetime.start(workLane(lane, channel, work, () => lanes.delete(id)));
    return lane;
  }

  return {
    offer,
    forgetRefusals: () => work.refused.clear(),
    waiting,
    run: (signal) => lifetime.run(signal, () => work.slots.wakeAll()),
  };
}

function taskOf({ metadata }: ApprovalRequest, { key, destination }: Planned): Task {
  return { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '', key, destination };
}
