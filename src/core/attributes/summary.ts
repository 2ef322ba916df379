import { cut } from '../api/cut.ts';
import type { Action, Summary } from '../api/kinds.ts';
import { isFenceAction } from './fence-action.ts';
import { unboundedCommand } from './unbounded-command.ts';
import { printable } from './printable.ts';

const LIMIT = 200;

/** The action and its target in a few words. */
export function summarise(action: Action): Summary {
  return { action: shortened(verb(action)), target: shortened(target(action)) };
}

/**
 * Why an approver cannot see all that the action allows; undefined where they can. What runs inside a stream never
 * reaches admission.
 */
export function unboundedReason(action: Action): string | undefined {
  if (action.omitted !== undefined) return action.omitted;
  if (action.binding === 'Scope') return unboundedScope(action);
  if (action.operation !== 'CONNECT') return unboundedWrite(action);
  if (isFenceAction(action)) return 'fence: what is changed while it is open is not known beforehand';
  switch (action.subresource) {
    case 'attach':
      return 'attach: what is typed into the process is not known beforehand';
    case 'portforward':
      return 'port-forward: what goes through the ports is not known beforehand';
    case 'proxy':
      return 'proxy: only the path is known beforehand';
    default:
      return action.exec?.stdin === true || action.exec?.tty === true
        ? 'exec with stdin or a terminal: what is typed is not known beforehand'
        : unboundedCommand(action.exec?.command ?? []);
  }
}

/** A scope says which object, and not what is done with it. */
function unboundedScope({ interactive, exec, operation }: Action): string {
  const typed = interactive === true ? ', nor what is typed or run by a shell' : '';
  if (exec?.command !== undefined)
    return `scope: what follows these words of the command is not known beforehand${typed}`;
  return operation === 'CONNECT'
    ? `scope: what goes through the connections is not known beforehand`
    : `scope: the content of the ${operation.toLowerCase()} is not known beforehand`;
}

/** Writes that only open a door. */
function unboundedWrite({ resource, subresource }: Action): string | undefined {
  switch (`${resource}/${subresource ?? ''}`) {
    case 'pods/ephemeralcontainers':
      return 'ephemeral container: what is run and typed in it later is not known beforehand';
    case 'serviceaccounts/token':
      return 'token: what is done with it is not known beforehand';
    default:
      return undefined;
  }
}

function verb(action: Action): string {
  if (action.binding === 'Scope') return scopeVerb(action);
  if (action.operation !== 'CONNECT') return `${action.operation.toLowerCase()}${cascade(action)}`;
  switch (action.subresource) {
    case 'exec':
      return `exec${flags(action)} ${(action.exec?.command ?? []).map(quote).join(' ')}`;
    case 'attach':
      return `attach${flags(action)}`;
    case 'portforward':
      return 'port-forward';
    default:
      return action.subresource ?? 'connect';
  }
}

/** `any exec beginning with: ls -l`, `any update`: nobody must take a scope for a single action. */
function scopeVerb(action: Action): string {
  const { binding, interactive, ...exact } = action;
  const typed = interactive === true && action.exec !== undefined ? ' (stdin, terminals and shells too)' : '';
  const words = (action.exec?.command ?? []).map(quote).join(' ');
  return words === '' ? `any ${verb(exact).trim()}${typed}` : `any exec${typed} beginning with: ${words}`;
}

/** As kubectl says it; its own default, Background, says nothing. */
function cascade({ operation, options }: Action): string {
  const policy = options?.['propagationPolicy'];
  return operation === 'DELETE' && (policy === 'Orphan' || policy === 'Foreground')
    ? ` --cascade=${policy.toLowerCase()}`
    : '';
}

function flags(action: Action): string {
  const letters = `${action.exec?.stdin === true ? 'i' : ''}${action.exec?.tty === true ? 't' : ''}`;
  return letters === '' ? '' : ` -${letters}`;
}

/** As a shell would need it. Word boundaries must show: `rm "a b"` is not `rm a b`. */
export function quote(part: string): string {
  return /^[\w@%+=:,./-]+$/.test(part) ? part : JSON.stringify(part);
}

function target(action: Action): string {
  const type =
    action.group === undefined || action.group === '' ? action.resource : `${action.resource}.${action.group}`;
  const subresource =
    action.operation === 'CONNECT' || action.subresource === undefined ? '' : `/${action.subresource}`;
  const name = action.name === undefined ? '' : `/${action.name}`;
  const container = action.exec?.container === undefined ? '' : ` (${action.exec.container})`;
  return `${type}${name}${subresource}${container}`;
}

function shortened(text: string): string {
  const clean = printable(text);
  return clean.length <= LIMIT ? clean : `${cut(clean, LIMIT)}… (cut)`;
}
