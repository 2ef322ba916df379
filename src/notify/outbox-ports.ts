import type { ApprovalRequest } from '../core/api/kinds.ts';
import type { Notice } from '../core/notice/notice.ts';
import type { Approvals } from '../ports/approvals.ts';
import type { Clock } from '../ports/clock.ts';
import type { Channel } from './channel.ts';
import type { Destination } from './destination.ts';
import type { NotifyEvents } from './notify-events.ts';
import type { Plan } from './plan.ts';

/** After the API server did not answer, in milliseconds. */
export const STORE_RETRY_MS = 2_000;

/** What the outbox works with. */
export interface OutboxPorts {
  /** Requests as stored now; `writeStatus` seals what it writes. */
  readonly store: Pick<Approvals, 'get' | 'writeStatus'>;
  /** Asked just before a message goes: a process that was paused knows by its clock that another may be telling by now. */
  readonly stillLeading: () => boolean;
  /** R15: nobody is told of what is not ours. */
  readonly isGenuine: (request: ApprovalRequest) => boolean;
  readonly plan: (request: ApprovalRequest) => Plan;
  readonly noticeOf: (request: ApprovalRequest) => Notice;
  readonly channels: readonly Channel[];
  /** What a channel is given as its destination, such as the addresses of the approvers; or why there is nobody. */
  readonly resolve: (
    destination: Destination,
    request: ApprovalRequest,
  ) => { readonly to: string } | { readonly problem: string };
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly events: NotifyEvents;
}

export interface OutboxSettings {
  /** How long a destination that does not answer is tried, from what it was last to be told of. */
  readonly attemptsMs: number;
  /** Messages that wait at once. */
  readonly queued: number;
  /** After the signal, for what is on its way: less than what passes until another may lead. In milliseconds. */
  readonly graceMs: number;
}

/** One request to tell one destination of. What of it is found out when its turn comes. */
export interface Task {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly key: string;
  readonly destination: Destination;
}

export function taskId({ uid, key }: Pick<Task, 'uid' | 'key'>): string {
  return `${uid} ${key}`;
}

/** Why a destination cannot exist with this configuration; undefined where it may. */
function unconfiguredWhy(channels: readonly Channel[], { kind, name }: Destination): string | undefined {
  const channel = channels.find((each) => each.kind === kind);
  if (channel === undefined) return `${kind} is not set up (notify in the configuration)`;
  return channel.destinations === undefined || channel.destinations.includes(name)
    ? undefined
    : `the configuration has no ${kind} of this name`;
}

export function unconfiguredOf(channels: readonly Channel[], plan: Plan): Map<string, string> {
  return new Map(
    plan.destinations.flatMap(({ key, destination }) => {
      const why = unconfiguredWhy(channels, destination);
      return why === undefined ? [] : [[key, why] as const];
    }),
  );
}
