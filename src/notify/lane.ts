import { type Backoff, backoffMs } from '../core/api/backoff.ts';
import type { Clock } from '../ports/clock.ts';
import type { Task } from './outbox-ports.ts';
import { taskId } from './outbox-ports.ts';

/** `Urgent`: somebody is asked, or a request has ended. What is merely progress waits for them. */
export type Urgency = 'Urgent' | 'Progress';

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
  /** Takes each task once. */
  add(task: Task, urgency: Urgency): void;
  remove(id: string): void;
  next(): Task | undefined;
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
  const urgent = new Map<string, Task>();
  const progress = new Map<string, Task>();
  let readyAt = first;
  let failures = 0;
  const pause = (ms: number) => {
    readyAt = Math.max(readyAt, clock.now() + Math.max(ms, intervalMs));
  };
  return {
    add(task, urgency) {
      const id = taskId(task);
      if (urgent.has(id)) return;
      if (urgency === 'Urgent') {
        progress.delete(id);
        urgent.set(id, task);
      } else if (!progress.has(id)) progress.set(id, task);
    },
    remove(id) {
      urgent.delete(id);
      progress.delete(id);
    },
    next() {
      const queue = urgent.size > 0 ? urgent : progress;
      const [entry] = queue;
      if (entry === undefined) return undefined;
      queue.delete(entry[0]);
      return entry[1];
    },
    has: (id) => urgent.has(id) || progress.has(id),
    size: () => urgent.size + progress.size,
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
