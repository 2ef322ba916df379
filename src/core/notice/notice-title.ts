import type { Action, ApprovalRequest } from '../api/kinds.ts';
import { isFenceAction } from '../attributes/fence-action.ts';
import { summarise } from '../attributes/summary.ts';
import { shortened, TITLE_LIMIT } from './notice-limits.ts';

/** Of a username: what they want must fit behind it. */
const NAME_LIMIT = 60;

/** `alice wants to exec in prod/web-0`. */
export function noticeTitle({ spec: { requester, action } }: ApprovalRequest): string {
  const who = shortened(requester?.username ?? 'somebody', NAME_LIMIT);
  return shortened(`${who} wants to ${deed(action)}`, TITLE_LIMIT);
}

function deed(action: Action): string {
  const { subresource, operation, binding } = action;
  const any = binding === 'Scope' ? 'whatever ' : '';
  if (isFenceAction(action)) return 'open the fence';
  if (operation !== 'CONNECT') {
    return `${operation.toLowerCase()} ${any}${kindOf(action)} ${place(action)}`;
  }
  switch (subresource) {
    case 'exec':
      return `exec${any === '' ? '' : ' (a scope of commands)'} in ${place(action)}`;
    case 'attach':
      return `attach to ${place(action)}`;
    case 'portforward':
      return `port-forward to ${place(action)}`;
    default:
      return `${subresource ?? 'connect'} ${kindOf(action)} ${place(action)}`;
  }
}

function kindOf({ resource, subresource, operation }: Action): string {
  return operation === 'CONNECT' || subresource === undefined ? resource : `${resource}/${subresource}`;
}

function place({ namespace, name }: Action): string {
  const named = name ?? '(a name that the server will make)';
  return namespace === undefined ? named : `${namespace}/${named}`;
}

/** The target without its container, as `pods/web-0`. */
export function targetText(action: Action): string {
  const { exec: _exec, ...rest } = action;
  return `${summarise(rest).target}${action.namespace === undefined ? ' (no namespace)' : ''}`;
}

/** `exec -it`, `update`, `delete --cascade=orphan`: the deed without its content. */
export function verbText(action: Action): string {
  const { binding: _binding, interactive: _interactive, exec, ...rest } = action;
  const { command: _command, ...streams } = exec ?? {};
  return summarise({ ...rest, ...(exec === undefined ? {} : { exec: streams }) }).action.trim();
}
