import type { Action } from '../api/kinds.ts';
import { type Described, describeAction } from './action.ts';
import type { Attributes } from './attributes.ts';
import type { Hmac } from './canonical-object.ts';
import { interactiveReason, toScope } from './scope.ts';

/** What a scope leaves open, and nobody may write into one: it would be shown, and not be bound. */
const CONTENT = ['targetUID', 'object', 'changes', 'options'] as const;
const STREAMS = ['stdin', 'stdout', 'stderr', 'tty'] as const;

/** What is wrong with a hand-written scope, in words for its author; undefined where nothing is. */
export function scopeContentProblem(action: Action): string | undefined {
  const content = CONTENT.find((field) => action[field] !== undefined);
  if (content !== undefined) return `action.${content}: a scope binds none; leave it out`;
  if (action.name === undefined) return 'action.name: write which object the scope is of';
  if (action.operation !== 'CONNECT')
    return action.exec === undefined ? undefined : 'action.exec: only of a CONNECT; leave it out';
  const stream = STREAMS.find((field) => action.exec?.[field] !== undefined);
  if (stream !== undefined)
    return `action.exec.${stream}: a scope says action.interactive: true where it covers stdin and terminals`;
  return action.subresource === 'exec' && (action.exec?.command ?? []).length === 0
    ? 'action.exec.command: write the words that its commands begin with'
    : undefined;
}

/** A scope for what is interactive is matched by policies as an interactive action, so that those about terminals are asked. */
export function actionToMatch({ binding: _binding, interactive, ...action }: Action): Action {
  return interactive === true && action.exec !== undefined
    ? { ...action, exec: { ...action.exec, stdin: true, tty: true } }
    : action;
}

/** The canonical scope of a hand-written one, with the container that the command would reach. */
export function describeWrittenScope(written: Action, attributes: Attributes, hmac: Hmac): Described {
  const described: Described =
    written.operation === 'CONNECT' ? describeAction(attributes, hmac) : { kind: 'Action', action: written };
  if (described.kind !== 'Action') return described;
  const { binding: _binding, interactive: _interactive, ...exact } = described.action;
  const reason = interactiveReason(exact);
  if (written.interactive !== true && reason !== undefined) {
    const message = `action.interactive: write true, or ask for exactly this action; ${reason}`;
    return { kind: 'Refused', reason: 'UnknownOption', message };
  }
  const scope = toScope(exact, written.interactive === true);
  return scope === undefined
    ? { kind: 'Refused', reason: 'NoTarget', message: 'a scope needs a name, and of an exec a command' }
    : { kind: 'Action', action: scope };
}
