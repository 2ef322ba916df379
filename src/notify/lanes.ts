import type { ApprovalRequest } from '../core/api/kinds.ts';
import type { Clock } from '../ports/clock.ts';
import { REQUESTER } from './destination.ts';
import type { Lane } from './lane.ts';
import { notificationOf } from './notified.ts';
import { taskId } from './outbox-ports.ts';
import type { Plan, Planned } from './plan.ts';

/** What waits for less is told in a moment, which says it all with one write. */
const LONG_QUEUE = 5;
const LONG_PAUSE_MS = 5_000;

/** People are told one by one: what one of them asks for does not hold up the others. */
export function laneId({ key, destination }: Planned, { spec }: ApprovalRequest): string {
  return destination.name === REQUESTER ? `${key} ${spec.requester?.username ?? ''}` : key;
}

/** What is long in coming, by destination: those who look at the request see that it is known. */
export function waitingOf(
  request: ApprovalRequest,
  { destinations }: Plan,
  lanes: ReadonlyMap<string, Lane>,
  clock: Clock,
): Map<string, string> {
  return new Map(
    destinations.flatMap((planned) => {
      const { key } = planned;
      const lane = lanes.get(laneId(planned, request));
      const id = taskId({ uid: request.metadata.uid ?? '', key });
      if (notificationOf(request, key) !== undefined || lane?.has(id) !== true) return [];
      const ahead = lane.ahead(id);
      if (ahead < LONG_QUEUE && lane.readyAt() - clock.now() < LONG_PAUSE_MS) return [];
      return [[key, ahead === 0 ? 'waiting for the destination' : `waiting behind ${ahead} others`] as const];
    }),
  );
}
