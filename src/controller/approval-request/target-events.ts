import type { Action, ApprovalRequest } from '../../core/api/kinds.ts';
import { kubernetesKind } from '../../core/api/kubernetes-kinds.ts';
import { verbText } from '../../core/notice/notice-title.ts';
import { printable } from '../../core/attributes/printable.ts';
import type { Events, ObjectReference } from '../../ports/events.ts';

export type TargetReason = 'ApprovalAsked' | 'ApprovalGiven' | 'ApprovalDenied' | 'ApprovalUsed';

const WORDS: Readonly<Record<TargetReason, string>> = {
  ApprovalAsked: 'asks for the approval of',
  ApprovalGiven: 'has the approval of',
  ApprovalDenied: 'was denied',
  ApprovalUsed: 'used the approval of',
};

/**
 * Says on the object itself what happens to requests about it, for whoever describes it. Nothing where it does not exist
 * yet, or is of a kind that we do not know. Neither a command nor a value: who may read the events of `default` need not
 * be somebody who may read the request.
 */
export function emitOnTarget(events: Events, request: ApprovalRequest, reason: TargetReason): void {
  const regarding = targetOf(request.spec.action);
  if (regarding === undefined) return;
  const { requester, action } = request.spec;
  const { namespace = '', name } = request.metadata;
  const verb = [verbText(action), action.operation === 'CONNECT' ? undefined : action.subresource]
    .filter((each) => each !== undefined)
    .join(' ');
  events.emit({
    regarding,
    type: reason === 'ApprovalDenied' ? 'Warning' : 'Normal',
    reason,
    action: 'Approval',
    note: printable(`${requester?.username ?? 'somebody'} ${WORDS[reason]} ${verb} (request ${namespace}/${name})`),
  });
}

function targetOf({
  group = '',
  version,
  resource,
  namespace = '',
  name,
  targetUID,
  operation,
}: Action): ObjectReference | undefined {
  const kind = kubernetesKind(group, resource);
  if (kind === undefined || name === undefined || targetUID === undefined || operation === 'CREATE') return undefined;
  // A namespace's request may carry it as its own; the object itself is in none.
  const place = kind === 'Namespace' ? '' : namespace;
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind, namespace: place, name, uid: targetUID };
}
