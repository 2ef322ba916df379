import type { AuditEvent } from './audit-event.ts';

export const LEVELS: readonly string[] = [
  'Metadata',
  'Request',
  'RequestResponse',
] satisfies readonly AuditEvent['level'][];
export const STAGES: readonly string[] = [
  'RequestReceived',
  'ResponseStarted',
  'ResponseComplete',
  'Panic',
] satisfies readonly AuditEvent['stage'][];

type Check = (value: unknown) => boolean;

/** What an event must have, and of what type what it may have must be: whoever reads one relies on it. */
const CHECKS: { readonly [Field in keyof Required<AuditEvent>]: Check } = {
  level: (value) => isText(value) && LEVELS.includes(value),
  auditID: isText,
  stage: (value) => isText(value) && STAGES.includes(value),
  requestURI: isText,
  verb: isText,
  user: isUser,
  impersonatedUser: optional(isUser),
  sourceIPs: optional(isTexts),
  userAgent: optional(isText),
  objectRef: optional((value) => isObject(value) && everyValue(value, isText)),
  responseStatus: optional(
    (value) =>
      isObject(value) &&
      optional((code) => typeof code === 'number')(value['code']) &&
      optional(isText)(value['reason']) &&
      optional(isText)(value['message']),
  ),
  requestObject: () => true,
  responseObject: () => true,
  requestReceivedTimestamp: isTime,
  stageTimestamp: isTime,
  annotations: optional((value) => isObject(value) && everyValue(value, isText)),
};

export type AuditField = keyof typeof CHECKS;

const FIELDS = Object.keys(CHECKS) as readonly AuditField[];

/** Whether a parsed item is an event of audit.k8s.io/v1 in all that is read of one. */
export function isAuditEvent(item: unknown): item is AuditEvent {
  if (!isObject(item)) return false;
  for (const field of FIELDS) if (!CHECKS[field](item[field])) return false;
  return true;
}

export function isField(field: AuditField, value: unknown): boolean {
  return CHECKS[field](value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

/** RFC 3339 as Go writes it: enough of it for the text to sort and to parse. */
function isTime(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 20 && value.length <= 40 && value.charCodeAt(10) === 0x54;
}

function isUser(value: unknown): boolean {
  return (
    isObject(value) &&
    optional(isText)(value['username']) &&
    optional(isText)(value['uid']) &&
    optional(isTexts)(value['groups']) &&
    optional((extra) => isObject(extra) && everyValue(extra, isTexts))(value['extra'])
  );
}

/** What JSON.parse makes inherits no enumerable key, and for…in is several times faster than Object.values. */
function everyValue(object: Readonly<Record<string, unknown>>, check: Check): boolean {
  for (const key in object) if (!check(object[key])) return false;
  return true;
}

/** Go leaves out what is empty (`omitempty`); null is none of what an API server writes here. */
function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}
