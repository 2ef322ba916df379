import { type AdmissionRequest, admissionReview, asWritten } from './admission-request.ts';
import type { Attributes } from './attributes.ts';
import { stringAt } from './json.ts';
import { unreadable } from './unreadable.ts';

/** request.userInfo.extra, and no further: below are keys that the caller chose, which no answer and no log repeats. */
const OWN_FIELDS = 3;

export type ParsedReview =
  | { readonly ok: true; readonly uid: string; readonly attributes: Attributes }
  /** `uid` where one could be read, so that the answer can still be a denial. */
  | { readonly ok: false; readonly uid: string | undefined; readonly problem: string };

/**
 * Reads the body of an AdmissionReview. Anything that does not add up is a problem, never a guess.
 *
 * @param known Readable where the body was judged already as `unreadable` would: that walks through all of it
 */
export function fromAdmissionReview(body: unknown, known: 'Readable' | 'Anything' = 'Anything'): ParsedReview {
  const written = asWritten(body);
  if (written !== undefined) return read(written, known);
  const parsed = admissionReview.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return {
      ok: false,
      uid: uidOf(body),
      problem: `${issue?.path.slice(0, OWN_FIELDS).join('.') || 'body'}: ${issue?.message ?? 'invalid'}`,
    };
  }
  return read(parsed.data.request, known);
}

function read(request: AdmissionRequest, known: 'Readable' | 'Anything'): ParsedReview {
  const attributes: Attributes = {
    user: {
      username: request.userInfo.username,
      ...(request.userInfo.uid === undefined || request.userInfo.uid === '' ? {} : { uid: request.userInfo.uid }),
      groups: request.userInfo.groups ?? [],
      extra: request.userInfo.extra ?? {},
    },
    operation: request.operation,
    group: request.resource.group,
    version: request.resource.version,
    resource: request.resource.resource,
    ...optional('subresource', request.subResource),
    kind: request.kind.kind,
    ...optional('namespace', request.namespace),
    ...optional('name', request.name),
    object: request.object ?? null,
    oldObject: request.oldObject ?? null,
    options: request.options ?? null,
    dryRun: request.dryRun ?? false,
  };
  const defect = known === 'Readable' ? undefined : unreadable(attributes);
  const problem = defect === undefined ? contradiction(attributes) : `request: ${defect}`;
  return problem === undefined ? { ok: true, uid: request.uid, attributes } : { ok: false, uid: request.uid, problem };
}

/** What cannot be true of a review that a kube-apiserver made. */
function contradiction(attributes: Attributes): string | undefined {
  const { operation, object, oldObject } = attributes;
  if ((operation === 'CREATE' || operation === 'CONNECT') && object === null)
    return `request.object: missing for ${operation}`;
  if (operation === 'UPDATE' && (object === null || oldObject === null))
    return 'request.object, oldObject: missing for UPDATE';
  if ((operation === 'CREATE' || operation === 'CONNECT') && oldObject !== null)
    return `request.oldObject: present for ${operation}`;
  if (operation === 'DELETE' && object !== null) return 'request.object: present for DELETE';
  if (operation === 'CONNECT' && (attributes.name === undefined || attributes.subresource === undefined))
    return 'request.name: missing for CONNECT';
  // Nothing but a write can be tried without being done (KEP-576); what R44 lets through would run here.
  if (operation === 'CONNECT' && attributes.dryRun) return 'request.dryRun: true for CONNECT';
  for (const [field, value] of [
    ['object', object],
    ['oldObject', oldObject],
  ] as const) {
    const namespace = stringAt(value ?? undefined, 'metadata', 'namespace');
    if (namespace !== undefined && namespace !== attributes.namespace) {
      return `request.${field}.metadata.namespace: not the namespace of the request`;
    }
  }
  return undefined;
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined || value === '' ? {} : ({ [key]: value } as Record<K, string>);
}

function uidOf(body: unknown): string | undefined {
  const uid = (body as { request?: { uid?: unknown } } | null)?.request?.uid;
  return typeof uid === 'string' && uid !== '' && uid.length <= 128 ? uid : undefined;
}
