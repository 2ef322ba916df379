import { isNamespace } from './is-namespace.ts';
import type { UserInfo } from '../api/kinds.ts';
import type { Attributes, Operation } from './attributes.ts';
import { mayLackObjects } from './cut-note.ts';
import { connectOptions, isConnect } from './audited-connect.ts';
import { type JsonObject, isJsonObject, stringAt } from './json.ts';

/** What is read of an audit.k8s.io/v1 Event (AuditEvent of core/evidence has it). */
export interface AuditedRequest {
  readonly level?: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: AuditedUser;
  readonly impersonatedUser?: AuditedUser;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly apiVersion?: string;
    readonly resourceVersion?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface AuditedUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What admission sees of a request and its audit event does not show. */
export type UnknownPart =
  /** A server-side apply that failed: of what is there, or of what would have been made. */
  | 'operation'
  /** A create that was given none, or one whose object is not shown; the objects of a deletecollection. */
  | 'name'
  | 'kind'
  | 'object'
  /** The object stands as it was sent: what the API server filled in is missing, and what it lacks may not be absent. */
  | 'defaults'
  | 'oldObject'
  /** Whether an update changed anything. */
  | 'change'
  | 'options'
  | 'dryRun'
  /** The pod behind a CONNECT: its labels, uid and containers. */
  | 'pod'
  | 'namespaceLabels';

export type Audited =
  | {
      readonly kind: 'Reviewed';
      /** What is unknown is absent, or null. `oldObject` is `object` where the update is known to have changed nothing. */
      readonly attributes: Attributes;
      readonly unknown: ReadonlySet<UnknownPart>;
      /** The API server says so itself, unlike to admission. */
      readonly impersonated: boolean;
    }
  /** A read, or no resource: admission never sees it. */
  | { readonly kind: 'NotReviewed' }
  | { readonly kind: 'Unreadable'; readonly problem: string };

export type Reviewed = Extract<Audited, { kind: 'Reviewed' }>;

const WRITES: Readonly<Record<string, Operation>> = {
  create: 'CREATE',
  update: 'UPDATE',
  patch: 'UPDATE',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/**
 * One request as admission was shown it, as far as its event tells. Nothing is guessed: a part that the event does not show
 * is in `unknown`. An event at level Metadata has no objects; those of Request have what was sent, without what the API
 * server and other webhooks filled in; those of RequestResponse, where it succeeded, have what was stored.
 */
export function fromAuditEvent(event: AuditedRequest): Audited {
  const { objectRef, verb } = event;
  const resource = objectRef?.resource ?? '';
  if (objectRef === undefined || resource === '') return { kind: 'NotReviewed' };
  const target = { group: objectRef.apiGroup ?? '', resource, subresource: objectRef.subresource ?? '' };
  const connects = isConnect(target);
  const written = Object.hasOwn(WRITES, verb) ? WRITES[verb] : undefined;
  if (!connects && written === undefined) return { kind: 'NotReviewed' };
  const user = userOf(event.impersonatedUser ?? event.user);
  if (user === undefined) return { kind: 'Unreadable', problem: 'it has no username' };
  const { requestURI } = event;
  const name = objectRef.name ?? '';
  const namespace = isNamespace(target) ? name : (objectRef.namespace ?? '');
  const unknown = new Set<UnknownPart>();
  if (namespace !== '') unknown.add('namespaceLabels');
  const base = {
    user,
    group: target.group,
    version: objectRef.apiVersion ?? '',
    resource,
    ...(target.subresource === '' ? {} : { subresource: target.subresource }),
    ...(namespace === '' ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
  };
  const impersonated = event.impersonatedUser !== undefined;
  if (connects) {
    if (resource === 'pods') unknown.add('pod');
    const options = connectOptions(target, requestURI);
    if (!options.readable) unknown.add('object');
    const content = { kind: options.kind, object: options.object, oldObject: null, options: null, dryRun: false };
    return { kind: 'Reviewed', attributes: { ...base, operation: 'CONNECT', ...content }, unknown, impersonated };
  }
  const operation = operationOf(event, written ?? 'UPDATE', unknown);
  const content = contentOf(event, operation, unknown);
  return { kind: 'Reviewed', attributes: { ...base, operation, ...content }, unknown, impersonated };
}

function userOf({ username = '', uid = '', groups = [], extra = {} }: AuditedUser): UserInfo | undefined {
  return username === '' ? undefined : { username, ...(uid === '' ? {} : { uid }), groups, extra };
}

/** A write to a name that was not there made it: 201 (Kubernetes API concepts, server-side apply, PUT). */
function operationOf(event: AuditedRequest, written: Operation, unknown: Set<UnknownPart>): Operation {
  if (written !== 'UPDATE') return written;
  const code = event.responseStatus?.code;
  if (code === 201) return 'CREATE';
  // An apply patch must name its manager; no other need, so that one without is none.
  const mayCreate = event.verb === 'update' || queryOf(event.requestURI).has('fieldManager');
  if (mayCreate && (code === undefined || code >= 300) && event.objectRef?.subresource === undefined)
    unknown.add('operation');
  return 'UPDATE';
}

type Content = Pick<Attributes, 'kind' | 'object' | 'oldObject' | 'options' | 'dryRun'>;

function contentOf(event: AuditedRequest, operation: Operation, unknown: Set<UnknownPart>): Content {
  const dryRun = queryOf(event.requestURI).has('dryRun');
  if (operation === 'DELETE') return deletion(event, dryRun, unknown);
  unknown.add('options');
  const object = objectOf(event, unknown);
  const kind = stringAt(object ?? undefined, 'kind') ?? '';
  if (kind === '') unknown.add('kind');
  if (operation === 'CREATE') {
    // A generateName has none yet where admission is asked.
    if (event.objectRef?.name === undefined && stringAt(object ?? undefined, 'metadata', 'name') === undefined)
      unknown.add('name');
    return { kind, object, oldObject: null, options: null, dryRun };
  }
  const unchanged = isUnchanged(event);
  if (unchanged === true && object !== null && !unknown.has('defaults'))
    return { kind, object, oldObject: object, options: null, dryRun };
  unknown.add('oldObject');
  if (unchanged !== false) unknown.add('change');
  return { kind, object, oldObject: null, options: null, dryRun };
}

/**
 * What is deleted is shown by no event; how, by the body, which holds `dryRun` too. Where there is one the API server does not
 * look at the query (apiserver/pkg/endpoints/handlers/delete.go), so that the query says something only of a request that is
 * known to have had none.
 */
function deletion(event: AuditedRequest, queried: boolean, unknown: Set<UnknownPart>): Content {
  for (const part of ['oldObject', 'kind'] as const) unknown.add(part);
  if (event.verb === 'deletecollection') unknown.add('name');
  const options = isJsonObject(event.requestObject) ? event.requestObject : null;
  if (options === null) unknown.add('options');
  const isBodyShown =
    options !== null || ((event.level ?? 'Metadata') !== 'Metadata' && !mayLackObjects(event.annotations));
  if (!isBodyShown) unknown.add('dryRun');
  const dry =
    options === null ? queried && isBodyShown : Array.isArray(options['dryRun']) && options['dryRun'].length > 0;
  return { kind: '', object: null, oldObject: null, options, dryRun: dry };
}

/** As it was stored, where the answer shows it; otherwise as it was sent, where nobody is known to have changed that. */
function objectOf(event: AuditedRequest, unknown: Set<UnknownPart>): JsonObject | null {
  const { requestObject: sent, responseObject: stored, responseStatus, objectRef, verb } = event;
  const succeeded = (responseStatus?.code ?? 500) < 300;
  // What a virtual create (eviction, token, binding) is answered with is not what was asked.
  const isVirtual = verb === 'create' && objectRef?.subresource !== undefined;
  if (succeeded && !isVirtual && isJsonObject(stored) && stringAt(stored, 'kind') !== 'Status') return stored;
  if (verb !== 'patch' && isJsonObject(sent) && !isMutated(event)) {
    unknown.add('defaults');
    return sent;
  }
  unknown.add('object');
  return null;
}

/** https://kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations/ */
function isMutated({ annotations = {} }: AuditedRequest): boolean {
  return Object.entries(annotations).some(
    ([key, value]) => key.startsWith('mutation.webhook.admission.k8s.io/') && value.includes('"mutated":true'),
  );
}

/** A PUT that names the version it was made from keeps that version exactly when it changes nothing. */
function isUnchanged({ verb, objectRef, responseObject, responseStatus }: AuditedRequest): boolean | undefined {
  const before = objectRef?.resourceVersion;
  const after = isJsonObject(responseObject) ? stringAt(responseObject, 'metadata', 'resourceVersion') : undefined;
  if (verb !== 'update' || before === undefined || after === undefined) return undefined;
  return (responseStatus?.code ?? 500) < 300 ? before === after : undefined;
}

function queryOf(requestURI: string): URLSearchParams {
  const at = requestURI.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : requestURI.slice(at + 1));
}
