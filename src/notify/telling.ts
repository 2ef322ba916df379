import type { Channel } from './channel.ts';
import type { WritePorts } from './change-status.ts';
import type { Happening } from './happenings.ts';
import type { Notification } from './notified.ts';
import type { OutboxPorts, OutboxSettings, Task } from './outbox-ports.ts';

export type TellPorts = OutboxPorts & WritePorts;

/** What one process remembers beyond what stands in status. */
export interface TellMemory {
  /** Tasks that are known not to have arrived, with the `triedAt` of which that is known. */
  readonly notArrived: Map<string, string>;
}

/** One attempt to tell one destination, and what it works with. */
export interface Telling {
  readonly task: Task;
  readonly channel: Channel;
  readonly ports: TellPorts;
  readonly settings: OutboxSettings;
  readonly memory: TellMemory;
  /** Aborted when what is on its way has had its time. */
  readonly signal: AbortSignal;
}

/** What is being told: as it was found when telling began. */
export interface Begun {
  readonly entry: Notification;
  readonly happenings: readonly Happening[];
  /** Whether something is left for another message. */
  readonly more: boolean;
  /** Of the delivery. */
  readonly id: string;
  /** Since when it may have arrived, in milliseconds since the epoch; undefined where it has not. */
  readonly uncertainSince: number | undefined;
}

/** Until when a destination is tried, in milliseconds since the epoch: a new occasion gives it new time. */
export function deadlineOf(
  entry: Pick<Notification, 'triedAt'> | undefined,
  happenings: readonly Happening[],
  { attemptsMs }: Pick<OutboxSettings, 'attemptsMs'>,
): number {
  return Math.max(Date.parse(entry?.triedAt ?? '') || 0, ...happenings.map(({ at }) => at)) + attemptsMs;
}
