import { createHash } from 'node:crypto';
import type { AuditEvent, AuditUser } from '../../core/evidence/audit-event.ts';
import { CUT_ANNOTATION } from '../../core/attributes/cut-note.ts';
import { eventKey } from '../../core/evidence/event-key.ts';
import { type AuditField, isField } from '../../core/evidence/is-audit-event.ts';
import { type ItemRange, membersOf } from './split-event-list.ts';

export const CUTS = ['TooLong', 'TooDeep', 'TooManyValues', 'NotJson', 'NotAnEvent'] as const;

/** Why an item is not kept as it came. */
export type Cut = (typeof CUTS)[number];

export interface Salvaged {
  /** Of the record: `event/…`. The same whenever the same bytes come again. */
  readonly id: string;
  readonly event: AuditEvent;
}

/** A field that is longer, of an event that is not kept whole, is cut too. */
const MAX_FIELD_BYTES = 16 * 1024;
/** Nothing that an event has of itself nests deeper: user, extra, a list. */
const MAX_FIELD_DEPTH = 4;

/** In the order in which Kubernetes writes them. Not the two objects, which are what makes an event long or deep. */
const KEPT = [
  'level',
  'auditID',
  'stage',
  'requestURI',
  'verb',
  'user',
  'impersonatedUser',
  'sourceIPs',
  'userAgent',
  'objectRef',
  'responseStatus',
  'requestReceivedTimestamp',
  'stageTimestamp',
  'annotations',
] as const satisfies readonly AuditField[];

/**
 * What can be kept of an item that cannot be kept whole: each field that is short and as it should be, and a note of what is
 * missing, how long the item was, and the SHA-256 of its bytes, by which the API server's own log can be asked.
 *
 * @param receivedAt RFC 3339: stands in for a time that the item does not tell
 */
export function salvageEvent(bytes: Buffer, item: ItemRange, cut: Cut, receivedAt: string): Salvaged {
  const raw = bytes.subarray(item.start, item.end);
  const sha256 = createHash('sha256').update(raw).digest('hex');
  const members = membersOf(bytes, item);
  const fields = new Map<AuditField, unknown>();
  const users = new Map<AuditField, AuditUser>();
  for (const field of KEPT) {
    const value = shortValue(bytes, members.get(field));
    if (value !== undefined && isField(field, value)) fields.set(field, value);
  }
  // Groups and extra may be long, and are the caller's choice where it impersonates: who it is must not be lost with them.
  for (const field of ['user', 'impersonatedUser'] as const) {
    const user = fields.has(field) ? undefined : userOnly(bytes, members.get(field));
    if (user !== undefined) users.set(field, user);
  }
  const missing = [...members.keys()]
    .filter((name) => !fields.has(name as AuditField))
    .map((name) => name.slice(0, 64));
  const told = Object.fromEntries([...fields, ...users]) as Partial<AuditEvent>;
  const note = JSON.stringify({ why: cut, bytes: raw.length, sha256, missing: missing.slice(0, 32) });
  const event: AuditEvent = {
    level: 'Metadata',
    auditID: '',
    stage: 'ResponseComplete',
    requestURI: '',
    verb: '',
    user: {},
    requestReceivedTimestamp: receivedAt,
    stageTimestamp: receivedAt,
    ...told,
    annotations: { ...told.annotations, [CUT_ANNOTATION]: note },
  };
  const whole =
    IDENTITY.every((field) => fields.has(field)) && fields.has('responseStatus') === members.has('responseStatus');
  return { id: `event/${whole ? eventKey(event) : sha256.slice(0, 32)}`, event };
}

/** Of what an event is known by when it comes again (eventKey), that which every event has. */
const IDENTITY = [
  'auditID',
  'stage',
  'requestURI',
  'verb',
  'user',
  'requestReceivedTimestamp',
  'stageTimestamp',
] as const;

/** Name and uid of a user that is too long as a whole. */
function userOnly(bytes: Buffer, range: ItemRange | undefined): AuditUser | undefined {
  if (range === undefined) return undefined;
  const members = membersOf(bytes, range);
  const [username, uid] = (['username', 'uid'] as const).map((name) => shortValue(bytes, members.get(name)));
  if (typeof username !== 'string') return undefined;
  return { username, ...(typeof uid === 'string' ? { uid } : {}) };
}

function shortValue(bytes: Buffer, range: ItemRange | undefined): unknown {
  if (range === undefined || range.end - range.start > MAX_FIELD_BYTES || range.depth > MAX_FIELD_DEPTH)
    return undefined;
  try {
    return JSON.parse(bytes.toString('utf8', range.start, range.end));
  } catch {
    return undefined;
  }
}
