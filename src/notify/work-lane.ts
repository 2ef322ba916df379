import type { Channel } from './channel.ts';
import type { Lane, Waiting } from './lane.ts';
import type { Lifetime } from './lifetime.ts';
import { type OutboxSettings, STORE_RETRY_MS, taskId } from './outbox-ports.ts';
import type { Slots } from './slots.ts';
import { tell } from './tell.ts';
import type { TellMemory, TellPorts } from './telling.ts';

/** What those who work the lanes have in common. */
export interface LaneWork {
  readonly ports: TellPorts;
  readonly settings: OutboxSettings;
  readonly lifetime: Lifetime;
  readonly slots: Slots;
  readonly memory: TellMemory;
  /** Tasks on their way. */
  readonly telling: Set<string>;
  /** Tasks whose destination refused. */
  readonly refused: Set<string>;
  /** After each attempt. */
  readonly attempted: () => void;
}

/**
 * Tells what waits in a lane, one after the other, until nothing does.
 *
 * @param emptied called in the same turn in which nothing was left: what is added after it finds another lane
 */
export async function workLane(lane: Lane, channel: Channel, work: LaneWork, emptied: () => void): Promise<void> {
  const { lifetime, slots, ports } = work;
  // Leaves the caller's stack, who is still adding.
  await Promise.resolve();
  while (lifetime.isRunning()) {
    const waitMs = lane.readyAt() - ports.clock.now();
    if (waitMs > 0) {
      await lifetime.sleep(waitMs);
      continue;
    }
    const next = lane.next();
    if (next === undefined) break;
    await slots.take();
    try {
      if (lifetime.isRunning()) await attempt(next, lane, channel, work);
    } finally {
      slots.give();
    }
  }
  emptied();
}

async function attempt(next: Waiting, lane: Lane, channel: Channel, work: LaneWork): Promise<void> {
  const { task, urgency } = next;
  const { ports, settings, lifetime, memory, telling, refused } = work;
  const id = taskId(task);
  telling.add(id);
  try {
    const told = await tell({ task, channel, ports, settings, memory, signal: lifetime.late });
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
    if (!lifetime.isRunning()) return;
    ports.events.unwritten(task, error);
    lane.failed(STORE_RETRY_MS);
    lane.retry(next);
  } finally {
    telling.delete(id);
    work.attempted();
  }
}
