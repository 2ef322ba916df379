import { z } from 'zod';
import type { Operation } from './attributes.ts';
import { type JsonObject, isJsonObject } from './json.ts';

const gvk = z.object({ group: z.string().default(''), version: z.string().min(1), kind: z.string().min(1) });
const gvr = z.object({ group: z.string().default(''), version: z.string().min(1), resource: z.string().min(1) });
/** Not z.record: it leaves `__proto__` out, which is data here. */
const rawObject = z.custom<JsonObject>((value) => isJsonObject(value), 'not an object').nullish();

/** admission.k8s.io/v1 AdmissionReview with a request, the fields that we read. */
export const admissionReview = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: z.string().min(1).max(128),
    kind: gvk,
    resource: gvr,
    subResource: z.string().optional(),
    name: z.string().optional(),
    namespace: z.string().optional(),
    operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    userInfo: z.object({
      username: z.string().min(1),
      uid: z.string().optional(),
      groups: z.array(z.string()).nullish(),
      extra: z.record(z.string(), z.array(z.string())).nullish(),
    }),
    object: rawObject,
    oldObject: rawObject,
    options: rawObject,
    dryRun: z.boolean().nullish(),
  }),
  response: z.undefined().optional(),
});

export type AdmissionRequest = z.infer<typeof admissionReview>['request'];

/**
 * The request of a body that is an AdmissionReview as a kube-apiserver writes it; undefined for any other, which the schema
 * then judges. It accepts nothing that the schema refuses: it only says so several times sooner, and every review is read.
 */
export function asWritten(body: unknown): AdmissionRequest | undefined {
  if (!isJsonObject(body) || 'response' in body) return undefined;
  const { apiVersion, kind: type, request } = body;
  if (apiVersion !== 'admission.k8s.io/v1' || type !== 'AdmissionReview' || !isJsonObject(request)) return undefined;
  const { uid, kind, resource, subResource, name, namespace, operation, userInfo } = request;
  const { object, oldObject, options, dryRun } = request;
  if (!isText(uid) || uid.length > 128 || !isOperation(operation)) return undefined;
  if (!isJsonObject(kind) || !isText(kind['kind']) || !isText(kind['version']) || typeof kind['group'] !== 'string')
    return undefined;
  if (!isJsonObject(resource) || !isJsonObject(userInfo)) return undefined;
  const { group, version, resource: plural } = resource;
  if (typeof group !== 'string' || !isText(version) || !isText(plural)) return undefined;
  const { username, uid: userUID, groups, extra } = userInfo;
  if (!isText(username) || !isOptional(userUID) || !isOptional(subResource) || !isOptional(name)) return undefined;
  if (!isOptional(namespace) || !isStrings(groups ?? [])) return undefined;
  // A key __proto__ is left to the schema, which leaves it out.
  if (extra !== undefined && (!isJsonObject(extra) || Object.hasOwn(extra, '__proto__'))) return undefined;
  if (extra !== undefined && !Object.values(extra).every(isStrings)) return undefined;
  if (!isObjectOrNone(object) || !isObjectOrNone(oldObject) || !isObjectOrNone(options)) return undefined;
  if (dryRun !== undefined && typeof dryRun !== 'boolean') return undefined;
  return {
    uid,
    kind: { group: kind['group'], version: kind['version'], kind: kind['kind'] },
    resource: { group, version, resource: plural },
    subResource,
    name,
    namespace,
    operation,
    userInfo: {
      username,
      uid: userUID,
      groups: groups as string[] | undefined,
      extra: extra as Record<string, string[]> | undefined,
    },
    object,
    oldObject,
    options,
    dryRun,
  };
}

function isOperation(value: unknown): value is Operation {
  return value === 'CREATE' || value === 'UPDATE' || value === 'DELETE' || value === 'CONNECT';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isOptional(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isObjectOrNone(value: unknown): value is JsonObject | null | undefined {
  return value === undefined || value === null || isJsonObject(value);
}
