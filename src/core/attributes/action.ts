import type { Action, ExecOptions } from '../api/kinds.ts';
import { sha256 } from '../api/sha256.ts';
import type { Attributes } from './attributes.ts';
import { type Hmac, canonicalObject, isGeneratedName } from './canonical-object.ts';
import { changesBetween } from './changes.ts';
import { FENCE, isFenceAction } from './fence-action.ts';
import { valuesAt, withoutPaths, withoutValues } from './ignored-paths.ts';
import { type JsonObject, isJsonObject, stringAt, valueAt } from './json.ts';
import { containerFor } from './live-pod.ts';

export type Described =
  | { readonly kind: 'Action'; readonly action: Action }
  /** An UPDATE that changes nothing needs nobody. */
  | { readonly kind: 'NothingChanged' }
  /** What is asked cannot be bound to an approval. `message` is for the requester. */
  | {
      readonly kind: 'Refused';
      readonly reason: 'UnknownOption' | 'ContainerNotNamed' | 'NoTarget' | 'DeleteCollection';
      readonly message: string;
    };

/**
 * R11: the canonical action of one request, whole and with values of Secrets replaced by their HMAC.
 *
 * @param ignorePaths JSON pointers at which a CREATE or UPDATE may have any value
 */
export function describeAction(attributes: Attributes, hmac: Hmac, ignorePaths: readonly string[] = []): Described {
  switch (attributes.operation) {
    case 'CREATE':
      return { kind: 'Action', action: describeCreate(attributes, hmac, ignorePaths) };
    case 'UPDATE':
      return describeUpdate(attributes, hmac, ignorePaths);
    case 'DELETE':
      return describeDelete(attributes);
    case 'CONNECT':
      return describeConnect(attributes);
  }
}

/** A hash of what a CREATE or UPDATE writes at the paths that its digest does not bind; undefined where it binds all. */
export function ignoredContent(attributes: Attributes, hmac: Hmac, ignorePaths: readonly string[]): string | undefined {
  const { operation, object } = attributes;
  if (ignorePaths.length === 0 || object === null || (operation !== 'CREATE' && operation !== 'UPDATE'))
    return undefined;
  return sha256(valuesAt(canonicalObject(attributes, object, hmac), ignorePaths));
}

function base(attributes: Attributes): Action {
  return {
    operation: attributes.operation,
    group: attributes.group,
    version: attributes.version,
    resource: attributes.resource,
    ...(attributes.subresource === undefined ? {} : { subresource: attributes.subresource }),
    ...(attributes.namespace === undefined ? {} : { namespace: attributes.namespace }),
    ...(attributes.name === undefined ? {} : { name: attributes.name }),
  };
}

function describeCreate(attributes: Attributes, hmac: Hmac, ignorePaths: readonly string[]): Action {
  const object = attributes.object ?? {};
  const generateName = stringAt(object, 'metadata', 'generateName');
  const { name, ...unnamed } = base(attributes);
  const generated = name !== undefined && generateName !== undefined && isGeneratedName(name, generateName);
  return {
    ...unnamed,
    ...(name === undefined || generated ? {} : { name }),
    object: withoutPaths(canonicalObject(attributes, object, hmac), ignorePaths),
  };
}

function describeUpdate(attributes: Attributes, hmac: Hmac, ignorePaths: readonly string[]): Described {
  const targetUID = stringAt(attributes.oldObject ?? {}, 'metadata', 'uid');
  if (attributes.oldObject === null || attributes.object === null || targetUID === undefined) {
    return { kind: 'Refused', reason: 'NoTarget', message: 'the object to change is not known' };
  }
  const changes = changesBetween(
    canonicalObject(attributes, attributes.oldObject, hmac),
    canonicalObject(attributes, attributes.object, hmac),
  );
  if (changes.length === 0) return { kind: 'NothingChanged' };
  return { kind: 'Action', action: { ...base(attributes), targetUID, changes: withoutValues(changes, ignorePaths) } };
}

/** KEP-3926. Some servers write its default, false. */
const UNSAFE_DELETE = 'ignoreStoreReadErrorWithClusterBreakingPotential';

/**
 * R44. Kubernetes 1.36 reviews each object of a deletecollection under its own name, so that each is asked for by itself; a
 * server that leaves the name out says that a whole collection goes.
 */
function describeDelete(attributes: Attributes): Described {
  if (attributes.name === undefined) {
    return { kind: 'Refused', reason: 'DeleteCollection', message: 'delete the objects one by one, by name' };
  }
  const targetUID = stringAt(attributes.oldObject ?? {}, 'metadata', 'uid');
  if (targetUID === undefined)
    return { kind: 'Refused', reason: 'NoTarget', message: 'the object to delete is not known' };
  const { [UNSAFE_DELETE]: unsafe, ...safe } = without(attributes.options ?? {}, ['kind', 'apiVersion', 'dryRun']);
  const options = unsafe === undefined || unsafe === false ? safe : { ...safe, [UNSAFE_DELETE]: unsafe };
  return { kind: 'Action', action: { ...base(attributes), targetUID, options } };
}

const EXEC_FIELDS = new Set(['kind', 'apiVersion', 'stdin', 'stdout', 'stderr', 'tty', 'container', 'command']);
const ATTACH_FIELDS = new Set(['kind', 'apiVersion', 'stdin', 'stdout', 'stderr', 'tty', 'container']);
const PORT_FORWARD_FIELDS = new Set(['kind', 'apiVersion', 'ports']);
const PROXY_FIELDS = new Set(['kind', 'apiVersion', 'path']);
const NO_FIELDS = new Set(['kind', 'apiVersion']);

function describeConnect(attributes: Attributes): Described {
  const options = attributes.object ?? {};
  const known = knownConnectFields(attributes);
  if (known === undefined) return refuseOption(`${attributes.resource}/${attributes.subresource ?? ''}`);
  const unknown = Object.keys(options).find((key) => !known.has(key));
  if (unknown !== undefined) return refuseOption(unknown);
  if (attributes.resource !== 'pods') {
    return { kind: 'Action', action: { ...base(attributes), options: without(options, ['kind', 'apiVersion']) } };
  }
  if (attributes.pod === undefined) return { kind: 'Refused', reason: 'NoTarget', message: 'there is no such pod' };
  const targetUID = attributes.pod.uid;
  if (attributes.subresource !== 'exec' && attributes.subresource !== 'attach') {
    return {
      kind: 'Action',
      action: { ...base(attributes), targetUID, options: without(options, ['kind', 'apiVersion']) },
    };
  }
  const container = containerFor(attributes.pod, stringAt(options, 'container'));
  if (container === undefined) {
    return {
      kind: 'Refused',
      reason: 'ContainerNotNamed',
      message: `name one of its containers with -c: ${attributes.pod.containers.join(', ')}`,
    };
  }
  if (JSON.stringify(valueAt(options, 'command') ?? []).includes('\ufffd')) {
    // Bytes that are not UTF-8 have all become this one character: an approval would admit any others in their place.
    return { kind: 'Refused', reason: 'UnknownOption', message: 'the command holds bytes that are not UTF-8' };
  }
  return {
    kind: 'Action',
    action: {
      ...base(attributes),
      targetUID,
      exec: execOptions(options, container, attributes.subresource === 'exec'),
    },
  };
}

function knownConnectFields(attributes: Attributes): ReadonlySet<string> | undefined {
  switch (`${attributes.resource}/${attributes.subresource ?? ''}`) {
    case 'pods/exec':
      return EXEC_FIELDS;
    case 'pods/attach':
      return ATTACH_FIELDS;
    case 'pods/portforward':
      return PORT_FORWARD_FIELDS;
    case 'pods/proxy':
    case 'services/proxy':
    case 'nodes/proxy':
      return PROXY_FIELDS;
    case `${FENCE.resource}/${FENCE.subresource}`:
      return isFenceAction(attributes) ? NO_FIELDS : undefined;
    default:
      return undefined;
  }
}

function execOptions(options: JsonObject, container: string, withCommand: boolean): ExecOptions {
  const command = valueAt(options, 'command');
  return {
    container,
    ...(withCommand
      ? { command: Array.isArray(command) ? command.filter((part) => typeof part === 'string') : [] }
      : {}),
    stdin: valueAt(options, 'stdin') === true,
    stdout: valueAt(options, 'stdout') === true,
    stderr: valueAt(options, 'stderr') === true,
    tty: valueAt(options, 'tty') === true,
  };
}

/** What a new Kubernetes adds (KEP-6035: env of an exec) changes what runs: until we know it, it is refused. */
function refuseOption(name: string): Described {
  return {
    kind: 'Refused',
    reason: 'UnknownOption',
    message: `the option ${name} is not known to this version of Sallyport`,
  };
}

function without(object: JsonObject, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).filter(([key, value]) => !keys.includes(key) && value !== null && !isEmpty(value)),
  );
}

function isEmpty(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}
