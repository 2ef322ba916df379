import { createHash } from 'node:crypto';
import type { ApprovalRequest, RequestStatus } from '../core/api/kinds.ts';
import type { Channel } from './channel.ts';
import type { Happening } from './happenings.ts';
import { isUnfinished, type Notification, notificationOf, withNotification } from './notified.ts';
import { type Task, taskId, unconfiguredOf } from './outbox-ports.ts';
import type { Begun, Telling } from './telling.ts';
import { tokenOf, untold } from './told.ts';

/** What there is to tell now, and the status which says that telling begins. Undefined where there is nothing to tell. */
export function beginTelling(
  request: ApprovalRequest,
  { task, channel, ports, memory }: Telling,
): { readonly found: Begun; readonly status?: RequestStatus } | undefined {
  const plan = ports.plan(request);
  const planned = plan.destinations.find(({ key }) => key === task.key);
  const stored = notificationOf(request, task.key);
  const waiting = untold(planned?.happenings ?? [], stored?.told);
  const happenings = channel.updates ? waiting : nextMessage(waiting, channel.kind);
  const named = happenings.at(-1);
  if (planned === undefined || named === undefined) return undefined;
  const more = waiting.length > happenings.length;
  const id = deliveryId(task, channel.updates ? (stored?.told ?? []) : [tokenOf(named)]);
  if (stored !== undefined && isUnfinished(stored)) {
    const isKnown = memory.notArrived.get(taskId(task)) === stored.triedAt;
    const uncertainSince = isKnown ? undefined : Date.parse(stored.triedAt ?? '');
    return { found: { entry: stored, happenings, more, id, uncertainSince } };
  }
  const now = ports.clock.now();
  // After `at` in any case, were it the same millisecond.
  const triedAt = new Date(Math.max(now, (Date.parse(stored?.at ?? '') || 0) + 1)).toISOString();
  const entry: Notification = { ...stored, channel: task.key, triedAt };
  const status = withNotification(request.status ?? {}, entry, plan, unconfiguredOf(ports.channels, plan), now);
  return { found: { entry, happenings, more, id, uncertainSince: undefined }, status };
}

/** What one message of a channel that cannot change them is about. Who is asked reads the reason in the question itself. */
function nextMessage(waiting: readonly Happening[], kind: Channel['kind']): readonly Happening[] {
  const reason = waiting.filter(({ occasion }) => occasion === 'ReasonGiven');
  const first = waiting.find(({ occasion }) => occasion !== 'ReasonGiven') ?? reason[0];
  if (first === undefined) return [];
  return kind === 'Webhook' || first.occasion === 'ReasonGiven' ? [first] : [...reason, first];
}

/** The same for each attempt of the same delivery, and for no other. */
function deliveryId({ uid, key }: Task, tokens: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([uid, key, tokens]))
    .digest('hex')
    .slice(0, 32);
}
