import type { Action } from '../api/kinds.ts';
import { unboundedReason } from './summary.ts';
import { openEndedCommand } from './unbounded-command.ts';

/** What policies that grant a scope say of it together. */
export interface ScopeTerms {
  /** Whether a scope may cover what an approver cannot see beforehand. */
  readonly allowInteractive: boolean;
  /** How many elements of a command it binds; undefined: all of them. */
  readonly commandPrefix: number | undefined;
}

/**
 * Why an action is not one that a scope covers by itself: nobody can see beforehand what it does (stdin, a terminal, a
 * shell, a stream, a token), or it runs what further words name (`env`, `find`). Undefined where it is.
 */
export function interactiveReason(action: Action): string | undefined {
  return unboundedReason(action) ?? openEndedCommand(action.exec?.command ?? []);
}

/**
 * The scope that is asked for when the action is met, an Action itself with `binding: Scope` and no content. Undefined where
 * the action must be approved exactly: it has no name yet, no command, or more than these terms let a scope cover.
 */
export function scopeOf(action: Action, { allowInteractive, commandPrefix }: ScopeTerms): Action | undefined {
  const interactive = interactiveReason(action) !== undefined;
  if (interactive && !allowInteractive) return undefined;
  return toScope(action, interactive, commandPrefix);
}

/** Who may run fewer words than a scope binds at least would choose the least. */
function bindsEnough(command: readonly string[], commandPrefix: number): boolean {
  return command.length > 0 && (command.length === commandPrefix || !Number.isFinite(commandPrefix));
}

/** What is left of an action in a scope: which object, and of an exec the container and the first words. */
export function toScope(
  action: Action,
  interactive: boolean,
  commandPrefix: number = Number.POSITIVE_INFINITY,
): Action | undefined {
  const { operation, group, version, resource, subresource, namespace, name, exec } = action;
  if (name === undefined || name === '') return undefined;
  const command = exec?.command?.slice(0, commandPrefix);
  if (subresource === 'exec' && !bindsEnough(command ?? [], commandPrefix)) return undefined;
  return {
    binding: 'Scope',
    ...(interactive ? { interactive: true } : {}),
    operation,
    group: group ?? '',
    version,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(exec === undefined
      ? {}
      : {
          exec: {
            ...(exec.container === undefined ? {} : { container: exec.container }),
            ...(command === undefined ? {} : { command }),
          },
        }),
  };
}

/**
 * Whether an approved scope covers what is done now. What the scope does not say covers nothing: one without a name, cut
 * short, or of another version of the resource.
 */
export function covers(scope: Action, action: Action): boolean {
  return (
    scope.binding === 'Scope' &&
    action.binding === undefined &&
    scope.omitted === undefined &&
    action.omitted === undefined &&
    scope.name !== undefined &&
    (['operation', 'version', 'resource', 'subresource', 'namespace', 'name'] as const).every(
      (field) => scope[field] === action[field],
    ) &&
    (scope.group ?? '') === (action.group ?? '') &&
    coversExec(scope.exec, action.exec) &&
    (scope.interactive === true || interactiveReason(action) === undefined)
  );
}

function coversExec(scope: Action['exec'], exec: Action['exec']): boolean {
  if (scope === undefined || exec === undefined) return scope === exec;
  return scope.container !== undefined && scope.container === exec.container && isPrefix(scope.command, exec.command);
}

/** Element by element and never as text: `rm /tmp` begins neither `rm /tmp/../etc` nor `rm "/tmp /etc"`. */
export function isPrefix(prefix: readonly string[] | undefined, command: readonly string[] | undefined): boolean {
  if (prefix === undefined || command === undefined) return prefix === command;
  return prefix.length > 0 && prefix.length <= command.length && prefix.every((part, index) => part === command[index]);
}
