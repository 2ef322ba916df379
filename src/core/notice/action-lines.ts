import type { Action, Change } from '../api/kinds.ts';
import { isAnyValue } from '../attributes/ignored-paths.ts';
import { printable } from '../attributes/printable.ts';
import { quote } from '../attributes/summary.ts';
import { scopeLines } from './scope-lines.ts';
import { toYaml } from './structured-output.ts';

/**
 * The action in full, a line each, without indentation.
 *
 * @param anyValueAt paths of a created object at which the approval binds no value
 */
export function actionLines(action: Action, anyValueAt: readonly string[] = []): string[] {
  const { exec, options, object, changes } = action;
  return [
    `Operation:  ${printable(operationText(action))}`,
    `Target:     ${printable(targetText(action))}`,
    ...(action.targetUID === undefined ? [] : [`Target UID: ${printable(action.targetUID)}`]),
    ...(action.binding === 'Scope' ? scopeLines(action) : []),
    ...(exec === undefined ? [] : execLines(exec, action.binding !== 'Scope')),
    ...(options === undefined || Object.keys(options).length === 0 ? [] : yamlLines('Options:', options)),
    ...(object === undefined ? [] : yamlLines('Object:', object)),
    ...(object === undefined ? [] : anyValueAt.map((path) => `Any value:  ${printable(path)}`)),
    ...(changes === undefined ? [] : changeLines(changes)),
  ];
}

/** Lines under a heading; `| ` keeps a foreign text from passing for a line of ours. */
export function quotedLines(text: string): string[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `  | ${printable(line)}`);
}

function execLines(exec: NonNullable<Action['exec']>, withStreams: boolean): string[] {
  const streams = [
    exec.stdin === true ? 'stdin' : 'no stdin',
    exec.tty === true ? 'terminal' : 'no terminal',
    ...(exec.stdout === false ? ['no stdout'] : []),
    ...(exec.stderr === false ? ['no stderr'] : []),
  ];
  return [
    ...(exec.container === undefined ? [] : [`Container:  ${printable(exec.container)}`]),
    ...(exec.command === undefined
      ? []
      : [`Command:    ${exec.command.map((part) => printable(quote(part))).join(' ')}`]),
    ...(exec.command ?? []).flatMap((part, index) =>
      part.includes('\n') ? [`  argument ${index + 1}, line by line:`, ...quotedLines(part)] : [],
    ),
    ...(withStreams ? [`Streams:    ${streams.join(', ')}`] : []),
  ];
}

function changeLines(changes: readonly Change[]): string[] {
  return [
    'Changes:',
    ...changes.map((change) =>
      isAnyValue(change)
        ? `  ${printable(change.path)}: any value`
        : `  ${printable(change.path)}: ${side(change.old)} → ${side(change.new)}`,
    ),
  ];
}

/** Values are JSON: `"3"` and `3` differ, and `null` is not nothing. */
function side(value: string | undefined): string {
  return value === undefined ? '(nothing)' : printable(value);
}

function yamlLines(heading: string, value: object): string[] {
  return [heading, ...quotedYaml(value)];
}

function quotedYaml(value: object): string[] {
  return toYaml(value)
    .trimEnd()
    .split('\n')
    .map((line) => `  | ${line}`);
}

function operationText(action: Action): string {
  const group = action.group === undefined || action.group === '' ? '' : `${action.group}/`;
  const subresource = action.subresource === undefined ? '' : `/${action.subresource}`;
  return `${action.operation} ${action.resource}${subresource} (${group}${action.version})`;
}

function targetText(action: Action): string {
  const name = action.name ?? '(a name that the server will make)';
  return action.namespace === undefined ? `${name} (no namespace)` : `${name} in namespace ${action.namespace}`;
}
