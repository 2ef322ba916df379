import { type Backoff, backoffMs } from '../core/api/backoff.ts';
import type { Clock } from '../ports/clock.ts';
import type { Task } from './outbox-ports.ts';
import { taskId } from './outbox-ports.ts';

/** Somebody is asked, which nobody can answer before they know; something changed; it is over. In this order. */
const URGENCIES = ['Asked', 'Changed', 'Ended'] as const;
export type Urgency = (typeof URGENCIES)[number];

export interface Waiting {
  readonly task: Task;
  readonly urgency: Urgency;
}

export interface LaneOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** The least time between two deliveries, in milliseconds. */
  readonly intervalMs: number;
  /** Nothing before: another process may have delivered a moment ago. */
  readonly readyAt: number;
}

/** What waits for one destination, and when the next may go. */
export interface Lane {
  /** Takes each task once; one that waits goes to another place where its urgency is another. */
  add(task: Task, urgency: Urgency): void;
  /** Takes a task that failed: behind what is as urgent and has not been tried, so that one destination's bad luck holds up nobody. */
  retry(waiting: Waiting): void;
  remove(id: string): void;
  next(): Waiting | undefined;
  /** How many go before it. */
  ahead(id: string): number;
  has(id: string): boolean;
  size(): number;
  /** In milliseconds since the epoch. */
  readyAt(): number;
  /** After a delivery, which may have arrived. */
  delivered(): void;
  /** @param afterMs what the destination says; without it, waits that double */
  failed(afterMs: number | undefined): void;
}

const BACKOFF: Backoff = { baseMs: 1_000, capMs: 60_000 };

/** Longer than any sensible Retry-After: a destination must not silence itself for a day. */
const LONGEST_PAUSE_MS = 15 * 60_000;

export function createLane({ clock, random, intervalMs, readyAt: first }: LaneOptions): Lane {
  const queues = URGENCIES.map(() => new Map<string, Waiting>());
  let readyAt = first;
  let failures = 0;
  const pause = (ms: number) => {
    readyAt = Math.max(readyAt, clock.now() + Math.max(ms, intervalMs));
  };
  return {
    add(task, urgency) {
      const id = taskId(task);
      const known = queues.find((queue) => queue.has(id));
      // What failed keeps its place, however often it is offered.
      if (known?.get(id)?.urgency === urgency) return;
      known?.delete(id);
      queues[URGENCIES.indexOf(urgency)]?.set(id, { task, urgency });
    },
    retry(waiting) {
      const id = taskId(waiting.task);
      const known = queues.find((queue) => queue.has(id));
      const { urgency } = known?.get(id) ?? waiting;
      known?.delete(id);
      const last = queues.length - 1;
      queues[Math.min(URGENCIES.indexOf(urgency) + 1, last)]?.set(id, { task: waiting.task, urgency });
    },
    remove(id) {
      for (const queue of queues) queue.delete(id);
    },
    next() {
      for (const queue of queues)
        for (const [id, waiting] of queue) {
          queue.delete(id);
          return waiting;
        }
      return undefined;
    },
    ahead(id) {
      let count = 0;
      for (const queue of queues) {
        if (queue.has(id)) return count + [...queue.keys()].indexOf(id);
        count += queue.size;
      }
      return count;
    },
    has: (id) => queues.some((queue) => queue.has(id)),
    size: () => queues.reduce((sum, queue) => sum + queue.size, 0),
    readyAt: () => readyAt,
    delivered() {
      failures = 0;
      pause(0);
    },
    failed(afterMs) {
      failures += 1;
      pause(Math.min(afterMs ?? backoffMs(BACKOFF, failures, random), LONGEST_PAUSE_MS));
    },
  };
}
