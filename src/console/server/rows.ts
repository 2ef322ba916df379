import { isBreakGlass, isUnacknowledged } from '../../core/approval/break-glass.ts';
import { isListedEver } from '../../core/approval/stages.ts';
import { breakGlassReason } from '../../core/notice/window-text.ts';
import { printable } from '../../core/attributes/printable.ts';
import type { RequestRow } from '../api.ts';
import type { Folded } from './folded-requests.ts';
import { mayAs } from './may.ts';
import { knownAs, personOf, type Viewer } from './viewer.ts';

/** One line of a list. Characters that hide are shown as escapes; nothing else is done to texts. */
export function rowOf(folded: Folded, viewer: Viewer, now: number): RequestRow {
  const { request, status } = folded;
  const { metadata, spec } = request;
  const { requester, summary, action } = spec;
  // What is to be acknowledged is the break-glass, and it has a reason of its own.
  const reason = breakGlassReason({ status }) ?? spec.reason;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    state: status.state ?? 'Pending',
    requester: {
      username: printable(requester?.username ?? ''),
      ...(requester?.person === undefined ? {} : { person: printable(requester.person) }),
      class: requester?.class ?? 'Human',
    },
    action: printable(summary?.action ?? `${action.operation.toLowerCase()} ${action.resource}`),
    target: printable(
      summary?.target ?? [action.namespace, action.name].filter((part) => part !== undefined).join('/'),
    ),
    approvals: status.approvals ?? '',
    ...(reason === undefined ? {} : { reason: printable(reason) }),
    ...(spec.ticket === undefined ? {} : { ticket: printable(spec.ticket) }),
    createdAt: metadata.creationTimestamp ?? '',
    ...(status.expiresAt === undefined ? {} : { expiresAt: status.expiresAt }),
    waitingForMe: isWaitingFor(folded, viewer, now),
    mine: isMine(folded, viewer),
    breakGlass: isBreakGlass(status),
    unacknowledged: isUnacknowledged(status),
  };
}

/** Whether a vote of theirs, or their look at a break-glass use, would count now, as far as is known who they are. */
export function isWaitingFor(folded: Folded, viewer: Viewer, now: number): boolean {
  const { request, status } = folded;
  const who = knownAs(viewer);
  if (who === undefined) return false;
  const unacknowledged = isUnacknowledged(status);
  if (status.state !== 'Pending' && !unacknowledged) return false;
  if (!isListedEver(request.spec.policies ?? [], who)) return false;
  if (unacknowledged && mayAs(folded, viewer, who, 'Acknowledge', now).ok) return true;
  return status.state === 'Pending' && mayAs(folded, viewer, who, 'Approve', now).ok;
}

/** R21: persons are compared, and usernames too. */
export function isMine({ request }: Folded, viewer: Viewer): boolean {
  const { requester } = request.spec;
  if (requester === undefined) return false;
  const names = [viewer.username, viewer.claim.id];
  return names.includes(requester.username) || (requester.person ?? requester.username) === personOf(viewer);
}

/** Theirs, an agent's of theirs, or one that any stage would ask them about. */
export function concerns(folded: Folded, viewer: Viewer): boolean {
  const { requester, policies = [] } = folded.request.spec;
  const person = personOf(viewer);
  if (isMine(folded, viewer) || (person !== undefined && requester?.owner === person)) return true;
  return isListedEver(policies, {
    username: viewer.username,
    groups: viewer.groups,
    person: person ?? viewer.username,
  });
}
