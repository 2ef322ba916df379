import type { Attributes } from './attributes.ts';
import { withoutAllocated } from './allocated-fields.ts';
import { type Json, type JsonObject, isJsonObject, stringAt, valueAt } from './json.ts';
import { withoutJobNameLabels, withStableNames } from './stable-names.ts';

/** Keyed, so that whoever may read a request cannot guess a Secret's short values from it. */
export type Hmac = (value: string) => string;

/** metadata that the API server sets on every write, or that says nothing of what is asked. */
const SERVER_METADATA = new Set([
  'uid',
  'creationTimestamp',
  'resourceVersion',
  'generation',
  'managedFields',
  'selfLink',
]);

/** Go's k8s.io/apimachinery/pkg/util/rand: five of these end a generated name. */
const GENERATED_SUFFIX = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/;

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The object as it enters the digest: what the server or the client generates is gone or normalised, values of Secrets
 * are replaced by their HMAC. The same command run twice gives the same canonical object.
 */
export function canonicalObject(
  attributes: Pick<Attributes, 'operation' | 'group' | 'resource' | 'user' | 'namespace'>,
  object: JsonObject,
  hmac: Hmac,
): JsonObject {
  const own = stringAt(object, 'metadata', 'uid');
  const stripped = stripStatus(attributes, { ...object, metadata: canonicalMetadata(object) });
  const managedFields = valueAt(object, 'metadata', 'managedFields');
  const normalised = normaliseGenerated(attributes, stripped, own, managedFields, generatedName(object));
  return attributes.group === '' && attributes.resource === 'secrets'
    ? withoutSecretValues(normalised, (value) => hmac(inContext(attributes, normalised, value)))
    : normalised;
}

/**
 * A value's HMAC says nothing beside another's: two people, or two Secrets, with the same value have different ones, so
 * that nobody can try values of their own against what they see in a request.
 */
function inContext(
  { user, namespace }: Pick<Attributes, 'user' | 'namespace'>,
  secret: JsonObject,
  value: string,
): string {
  const name = stringAt(secret, 'metadata', 'name') ?? stringAt(secret, 'metadata', 'generateName') ?? '';
  return JSON.stringify([user.username, user.uid ?? '', namespace ?? '', name, value]);
}

/** Whether `name` is what the server makes of `generateName`. */
export function isGeneratedName(name: string, generateName: string): boolean {
  return name.startsWith(generateName) && GENERATED_SUFFIX.test(name.slice(generateName.length));
}

/** The object's name where the server has drawn it. */
function generatedName(object: JsonObject): string | undefined {
  const name = stringAt(object, 'metadata', 'name');
  const generateName = stringAt(object, 'metadata', 'generateName');
  return name !== undefined && generateName !== undefined && isGeneratedName(name, generateName) ? name : undefined;
}

function canonicalMetadata(object: JsonObject): JsonObject {
  const metadata = valueAt(object, 'metadata');
  if (!isJsonObject(metadata)) return {};
  const generated = generatedName(object) !== undefined;
  return fromEntries(
    Object.entries(metadata).filter(([key]) => !SERVER_METADATA.has(key) && !(generated && key === 'name')),
  );
}

/**
 * On CREATE the registry has already reset the status of built-in kinds to a value of its own. What keeps what its author
 * wrote there has it as content: a custom resource without a status subresource, and a Node, whose addresses are where the
 * API server sends exec and logs (pkg/registry/core/node/strategy.go: "Nodes allow *all* fields, including status, to be
 * set on create").
 */
function stripStatus(attributes: Pick<Attributes, 'operation' | 'group' | 'resource'>, object: JsonObject): JsonObject {
  const builtIn = !attributes.group.includes('.') || attributes.group.endsWith('.k8s.io');
  const isNode = attributes.group === '' && attributes.resource === 'nodes';
  if (attributes.operation !== 'CREATE' || !builtIn || isNode) return object;
  return fromEntries(Object.entries(object).filter(([key]) => key !== 'status'));
}

function normaliseGenerated(
  attributes: Pick<Attributes, 'operation' | 'group' | 'resource'>,
  object: JsonObject,
  ownUID: string | undefined,
  managedFields: Json | undefined,
  ownName: string | undefined,
): JsonObject {
  // Only of what is created: the uid of what is there already is known, and somebody could write it or take it away.
  const isCreate = attributes.operation === 'CREATE';
  const withoutUID =
    ownUID === undefined || !isCreate ? object : mapStrings(object, (value) => (value === ownUID ? '<uid>' : value));
  if (attributes.group === '' && attributes.resource === 'pods') return withStableNames(withoutUID);
  if (attributes.group === '' && attributes.resource === 'services') return withoutAllocated(withoutUID, managedFields);
  if (attributes.group === 'batch' && attributes.resource === 'jobs' && isCreate && ownName !== undefined)
    return withoutJobNameLabels(withoutUID, ownName);
  if (attributes.group === 'certificates.k8s.io' && isJsonObject(valueAt(object, 'spec')))
    return withoutCallerCopy(withoutUID);
  return withoutUID;
}

/** The server copies the caller into a CertificateSigningRequest's spec; the fingerprint holds them already. */
function withoutCallerCopy(object: JsonObject): JsonObject {
  const spec = valueAt(object, 'spec') as JsonObject;
  const copied = new Set(['username', 'uid', 'groups', 'extra']);
  return { ...object, spec: fromEntries(Object.entries(spec).filter(([key]) => !copied.has(key))) };
}

function withoutSecretValues(object: JsonObject, hmac: Hmac): JsonObject {
  return fromEntries(
    Object.entries(object).map(([key, value]) => {
      if ((key === 'data' || key === 'stringData') && isJsonObject(value)) return [key, hashValues(value, hmac)];
      if (key === 'metadata' && isJsonObject(value)) return [key, withoutLastApplied(value, hmac)];
      return [key, value];
    }),
  );
}

function withoutLastApplied(metadata: JsonObject, hmac: Hmac): JsonObject {
  const applied = stringAt(metadata, 'annotations', LAST_APPLIED);
  if (applied === undefined) return metadata;
  return {
    ...metadata,
    annotations: { ...(metadata['annotations'] as JsonObject), [LAST_APPLIED]: hashSecretValue(applied, hmac) },
  };
}

function hashValues(values: JsonObject, hmac: Hmac): JsonObject {
  return fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      hashSecretValue(typeof value === 'string' ? value : JSON.stringify(value), hmac),
    ]),
  );
}

/**
 * A value that is an HMAC already stays, so that stamping a stored request again gives the same digest. A real Secret's
 * `data` is base64 by then and cannot look like one.
 */
function hashSecretValue(value: string, hmac: Hmac): string {
  return /^hmac-sha256:[0-9a-f]{64}$/.test(value) ? value : hmac(value);
}

function mapStrings<T extends Json>(value: T, f: (value: string) => string): T {
  return mapAny(value, f) as T;
}

function mapAny(value: Json, f: (value: string) => string): Json {
  if (typeof value === 'string') return f(value);
  if (Array.isArray(value)) return value.map((item: Json) => mapAny(item, f));
  if (!isJsonObject(value)) return value;
  return fromEntries(Object.entries(value).map(([key, child]) => [key, mapAny(child, f)]));
}

/** Object.fromEntries defines own keys, so a `__proto__` key stays data. */
function fromEntries(entries: readonly (readonly [string, Json])[]): JsonObject {
  return Object.fromEntries(entries);
}
