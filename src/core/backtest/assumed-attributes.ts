import type { Attributes } from '../attributes/attributes.ts';
import type { Reviewed, UnknownPart } from '../attributes/from-audit-event.ts';
import { type JsonObject, stringAt } from '../attributes/json.ts';
import { labelsOf, type LivePod } from '../attributes/live-pod.ts';
import { isNamespace } from '../attributes/is-namespace.ts';
import { HIDDEN } from './assumed-policy.ts';

/** The Namespace object, or undefined where it is not known. */
export type NamespaceLookup = (name: string) => JsonObject | undefined;

export interface AssumedRequest {
  readonly attributes: Attributes;
  readonly namespaceObject: JsonObject | undefined;
  readonly unknown: ReadonlySet<UnknownPart>;
}

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** Stands for a uid that is not shown: what is bound to it is bound to something. */
const SOME_UID = 'not-shown';

/** Fills what is not known with something that no predicate takes for what it is, so that decide() has all that it needs. */
export function assumedAttributes(
  { attributes, unknown: parts }: Reviewed,
  likely: boolean,
  namespace: NamespaceLookup,
): AssumedRequest {
  const unknown = new Set(parts);
  const { namespace: place } = attributes;
  const known = place === undefined ? undefined : namespace(place);
  if (known !== undefined) unknown.delete('namespaceLabels');
  const namespaceObject = known ?? (place === undefined ? undefined : hiddenObject(place, { [NAME_LABEL]: place }));
  const filled = { ...attributes, ...nameOf(attributes, unknown, likely), ...contentOf(attributes, unknown, likely) };
  if (!isNamespace(attributes)) return { attributes: filled, namespaceObject, unknown };
  return { attributes: asNamespace(filled, namespaceObject, unknown), namespaceObject, unknown };
}

/** Of a deletecollection, at least one object; or, for all that is known, none. */
function nameOf(
  { operation, name }: Attributes,
  unknown: ReadonlySet<UnknownPart>,
  likely: boolean,
): Pick<Attributes, 'name'> {
  return operation === 'DELETE' && name === undefined && unknown.has('name') && likely ? { name: SOME_UID } : {};
}

function contentOf(
  attributes: Attributes,
  unknown: ReadonlySet<UnknownPart>,
  likely: boolean,
): Partial<Pick<Attributes, 'object' | 'oldObject' | 'options' | 'pod'>> {
  const name = attributes.name ?? '';
  switch (attributes.operation) {
    case 'CONNECT':
      return unknown.has('pod') ? { pod: somePod(attributes) } : {};
    case 'CREATE':
      return { object: objectOf(attributes, unknown) };
    case 'DELETE':
      return { oldObject: hiddenObject(name), options: attributes.options ?? {} };
    case 'UPDATE': {
      const after = withUID(objectOf(attributes, unknown));
      if (!unknown.has('oldObject')) return { object: after, oldObject: after };
      const isSame = unknown.has('change') && !likely;
      return { object: after, oldObject: isSame ? after : changed(hiddenObject(name)) };
    }
  }
}

/** v1 Jobs and ReplicationControllers without labels get those of their template (pkg/apis/{batch,core}/v1/defaults.go). */
const LABELLED_BY_DEFAULT = new Set(['jobs', 'replicationcontrollers']);

function objectOf({ object, name = '', resource }: Attributes, unknown: ReadonlySet<UnknownPart>): JsonObject {
  if (object === null) return hiddenObject(name);
  const labels = labelsOf(object);
  const mayGetLabels = unknown.has('defaults') && LABELLED_BY_DEFAULT.has(resource) && Object.keys(labels).length === 0;
  return mayGetLabels ? withLabels(object, { [HIDDEN]: '' }) : object;
}

function hiddenObject(name: string, labels: Readonly<Record<string, string>> = {}): JsonObject {
  return { metadata: { ...(name === '' ? {} : { name }), uid: SOME_UID, labels: { ...labels, [HIDDEN]: '' } } };
}

function withUID(object: JsonObject): JsonObject {
  return stringAt(object, 'metadata', 'uid') === undefined ? withMetadata(object, { uid: SOME_UID }) : object;
}

function changed(object: JsonObject): JsonObject {
  return withMetadata(object, { annotations: { [HIDDEN]: '' } });
}

function withLabels(object: JsonObject, labels: Readonly<Record<string, string>>): JsonObject {
  return withMetadata(object, { labels: { ...labelsOf(object), ...labels } });
}

function withMetadata(object: JsonObject, metadata: JsonObject): JsonObject {
  return { ...object, metadata: { ...(object['metadata'] as JsonObject | undefined), ...metadata } };
}

/** The API server names the only container of a pod for who names none, and says 400 where there are several. */
function somePod({ object }: Attributes): LivePod {
  const container = stringAt(object ?? undefined, 'container') ?? SOME_UID;
  return { uid: SOME_UID, labels: { [HIDDEN]: '' }, containers: [container], running: [container], terminating: false };
}

/** A Namespace is in itself: what is known of it is the old object's. The API server gives it a label of its name. */
function asNamespace(
  attributes: Attributes,
  namespaceObject: JsonObject | undefined,
  unknown: ReadonlySet<UnknownPart>,
): Attributes {
  const { object, oldObject, name = '' } = attributes;
  const named = { [NAME_LABEL]: name };
  const now = object === null ? null : withLabels(object, named);
  if (oldObject === null || !unknown.has('oldObject')) return { ...attributes, object: now };
  const before = withLabels(withUID(namespaceObject ?? hiddenObject(name)), named);
  if (now === null) return { ...attributes, oldObject: before };
  return { ...attributes, object: now, oldObject: oldObject === object ? now : changed(before) };
}
