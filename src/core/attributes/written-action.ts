import type { Action, Change, UserInfo } from '../api/kinds.ts';
import { type Described, describeAction } from './action.ts';
import type { Attributes } from './attributes.ts';
import type { Hmac } from './canonical-object.ts';
import canonicalize from 'canonicalize';
import { isAnyValue, withoutValues } from './ignored-paths.ts';
import { type JsonObject, stringAt } from './json.ts';
import type { LivePod } from './live-pod.ts';
import { describeWrittenScope, scopeContentProblem } from './written-scope.ts';

/** R12: what a person wrote, as the request that it stands for. Absent exec fields take what the plain command sends. */
export function attributesOfWritten(action: Action, user: UserInfo, pod: LivePod | undefined): Attributes {
  const object = (action.object ?? null) as JsonObject | null;
  const name = action.name ?? stringAt(object ?? undefined, 'metadata', 'name');
  return {
    user,
    operation: action.operation,
    group: action.group ?? '',
    version: action.version,
    resource: action.resource,
    ...(action.subresource === undefined ? {} : { subresource: action.subresource }),
    kind: stringAt(object ?? undefined, 'kind') ?? '',
    ...(action.namespace === undefined ? {} : { namespace: action.namespace }),
    ...(name === undefined ? {} : { name }),
    ...contentOfWritten(action, name),
    dryRun: false,
    ...(pod === undefined ? {} : { pod }),
  };
}

/** What is missing from a hand-written action, in words for its author; undefined where nothing is. */
export function missingContent(action: Action): string | undefined {
  if (action.omitted !== undefined) return 'action.omitted is ours to write';
  if (action.binding === 'Scope') return scopeContentProblem(action);
  if (action.interactive !== undefined) return 'action.interactive: only a scope says so (action.binding: Scope)';
  switch (action.operation) {
    case 'CREATE':
      if (action.object === undefined) return 'action.object: write the object that is to be created';
      return contradictionOf(action, action.object as JsonObject);
    case 'UPDATE':
      if ((action.group ?? '') === '' && action.resource === 'secrets')
        return 'a change of a Secret cannot be asked for by hand, its values would be read: run the command, it asks by itself';
      if (action.targetUID === undefined)
        return 'action.targetUID: write the metadata.uid of the object that is to be changed';
      return (action.changes ?? []).length === 0
        ? 'action.changes: write each path that changes, with its old and new value'
        : undefined;
    case 'DELETE':
      return action.targetUID === undefined
        ? 'action.targetUID: write the metadata.uid of the object that is to be deleted'
        : undefined;
    case 'CONNECT':
      if (action.subresource === undefined || action.name === undefined)
        return 'action.subresource, action.name: write what to connect to';
      return action.subresource === 'exec' && (action.exec?.command ?? []).length === 0
        ? 'action.exec.command: write the command'
        : undefined;
  }
}

/** An object that is not what the action says would be approved under a wrong name, or shown with its secrets. */
function contradictionOf(action: Action, object: JsonObject): string | undefined {
  const name = stringAt(object, 'metadata', 'name');
  if (action.name !== undefined && name !== undefined && action.name !== name)
    return 'action.name: it is not the name of action.object';
  const secret = stringAt(object, 'kind') === 'Secret' && stringAt(object, 'apiVersion') === 'v1';
  return secret && action.resource !== 'secrets' ? 'action.resource: action.object is a Secret' : undefined;
}

/** The canonical action of a hand-written one: for the same deed the same as describeAction gives for the review. */
export function describeWritten(
  action: Action,
  attributes: Attributes,
  hmac: Hmac,
  ignorePaths: readonly string[] = [],
): Described {
  if (action.binding === 'Scope') return describeWrittenScope(action, attributes, hmac);
  if (action.operation !== 'UPDATE') return describeAction(attributes, hmac, ignorePaths);
  const { object, exec, options, omitted, ...rest } = action;
  const changes = withoutValues((action.changes ?? []).map(canonicalChange), ignorePaths);
  const empty = changes.find((change) => isAnyValue(change) && !ignorePaths.includes(change.path));
  if (empty !== undefined) {
    // An approver would read it as any value, and no review would ever match it.
    const message = `action.changes: ${empty.path} has no value, old or new, and not every policy ignores it`;
    return { kind: 'Refused', reason: 'UnknownOption', message };
  }
  return { kind: 'Action', action: { ...rest, group: action.group ?? '', changes } };
}

function contentOfWritten(
  action: Action,
  name: string | undefined,
): Pick<Attributes, 'object' | 'oldObject' | 'options'> {
  switch (action.operation) {
    case 'CREATE':
      return { object: (action.object ?? null) as JsonObject | null, oldObject: null, options: null };
    case 'UPDATE':
      return { object: null, oldObject: null, options: null };
    case 'DELETE': {
      const metadata = { uid: action.targetUID ?? '', ...(name === undefined ? {} : { name }) };
      return {
        object: null,
        oldObject: { metadata },
        options: (action.options ?? { propagationPolicy: 'Background' }) as JsonObject,
      };
    }
    case 'CONNECT':
      return {
        object: (isStream(action) ? execOptions(action) : (action.options ?? {})) as JsonObject,
        oldObject: null,
        options: null,
      };
  }
}

function isStream(action: Action): boolean {
  return action.subresource === 'exec' || action.subresource === 'attach';
}

/** kubectl without -i and -t: stdout and stderr, nothing else. A terminal carries stderr itself. */
function execOptions({ exec, subresource }: Action): object {
  return {
    stdin: exec?.stdin ?? false,
    stdout: exec?.stdout ?? true,
    stderr: exec?.stderr ?? exec?.tty !== true,
    tty: exec?.tty ?? false,
    ...(exec?.container === undefined ? {} : { container: exec.container }),
    ...(subresource === 'exec' ? { command: exec?.command ?? [] } : {}),
  };
}

function canonicalChange(change: Change): Change {
  return {
    path: change.path,
    ...(change.old === undefined ? {} : { old: canonicalValue(change.old) }),
    ...(change.new === undefined ? {} : { new: canonicalValue(change.new) }),
  };
}

/** JSON in RFC 8785 form; text that is not JSON stays as it is, and then matches no review. */
function canonicalValue(text: string): string {
  try {
    return canonicalize(JSON.parse(text)) ?? text;
  } catch {
    return text;
  }
}
