import { cut } from '../api/cut.ts';
import type { Action, Change } from '../api/kinds.ts';

/** What a request keeps of an action. etcd holds 1.5 MiB an object, and a person reads far less. */
const ACTION_LIMITS = {
  /** Characters of JSON of a created object. */
  object: 64 * 1024,
  changes: 128,
  /** Characters of one old or new value: the CRD's maxLength. */
  changeValue: 8192,
  /** Characters of all changes together. */
  changesTotal: 256 * 1024,
  commandParts: 256,
  /** Characters of one part of a command: the CRD's maxLength. */
  commandPart: 16_384,
  /** Characters of all parts together. */
  commandTotal: 256 * 1024,
  /** Characters of JSON of the options of a CONNECT or DELETE. */
  options: 64 * 1024,
} as const;

/** The action as the request stores it. `omitted` says what the digest binds but an approver cannot see here. */
export function boundAction(action: Action): Action {
  if (action.object !== undefined) return boundObject(action, action.object);
  if (action.changes !== undefined) return boundChanges(action, action.changes);
  if (action.options !== undefined) return boundOptions(action, action.options);
  if (action.exec?.command !== undefined) return boundCommand(action, action.exec.command);
  return action;
}

/** Whether the stored action is whole, so that its digest can be computed from it again. */
export function isWhole(action: Action): boolean {
  return action.omitted === undefined;
}

function boundObject(action: Action, object: NonNullable<Action['object']>): Action {
  const size = JSON.stringify(object).length;
  if (size <= ACTION_LIMITS.object) return action;
  const { apiVersion, kind, metadata } = object as {
    apiVersion?: unknown;
    kind?: unknown;
    metadata?: { name?: unknown };
  };
  return {
    ...action,
    object: { apiVersion, kind, metadata: { name: metadata?.name } },
    omitted: `the object has ${size} characters, more than the ${ACTION_LIMITS.object} that a request keeps`,
  };
}

function boundChanges(action: Action, changes: readonly Change[]): Action {
  const kept: Change[] = [];
  let total = 0;
  for (const change of changes) {
    const size = change.path.length + (change.old?.length ?? 0) + (change.new?.length ?? 0);
    const fits =
      (change.old?.length ?? 0) <= ACTION_LIMITS.changeValue &&
      (change.new?.length ?? 0) <= ACTION_LIMITS.changeValue &&
      change.path.length <= 1024;
    if (!fits || kept.length === ACTION_LIMITS.changes || total + size > ACTION_LIMITS.changesTotal) continue;
    total += size;
    kept.push(change);
  }
  if (kept.length === changes.length) return action;
  return {
    ...action,
    changes: kept,
    omitted: `${changes.length - kept.length} of ${changes.length} changes are too large to keep`,
  };
}

function boundOptions(action: Action, options: NonNullable<Action['options']>): Action {
  const size = JSON.stringify(options).length;
  if (size <= ACTION_LIMITS.options) return action;
  const omitted = `the options have ${size} characters, more than the ${ACTION_LIMITS.options} that a request keeps`;
  return { ...action, options: {}, omitted };
}

function boundCommand(action: Action, command: readonly string[]): Action {
  let left: number = ACTION_LIMITS.commandTotal;
  const kept = command.slice(0, ACTION_LIMITS.commandParts).map((part) => {
    const some = cut(part, Math.min(ACTION_LIMITS.commandPart, left));
    left -= some.length;
    return some;
  });
  if (kept.length === command.length && kept.every((part, index) => part === command[index])) return action;
  return { ...action, exec: { ...action.exec, command: kept }, omitted: 'the command is longer than a request keeps' };
}
