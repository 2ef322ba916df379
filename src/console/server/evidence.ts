import { z } from 'zod';
import { entryOf } from '../../core/evidence/entry.ts';
import { EVIDENCE_KINDS, type EvidenceRecord } from '../../core/evidence/evidence-record.ts';
import { pastTime } from '../../core/evidence/past-time.ts';
import { EVIDENCE_GROUP, EVIDENCE_VERSION, RECORDS } from '../../core/evidence/record-object.ts';
import type { AccessReview, AccessSubject } from '../../ports/access-review.ts';
import type { EvidenceReader } from '../../ports/evidence-reader.ts';
import type { EvidenceList, EvidenceRow } from '../api.ts';
import type { Viewer } from './viewer.ts';

const PAGE = 50;

/** Of one page whose events are looked up. */
const MOST_DECISIONS = 20;

/** Of what nothing says since when. */
const DEFAULT_SINCE = '24h';

/** Everybody who has signed in is in this group, as the API server has it. */
const AUTHENTICATED = 'system:authenticated';

/** A field of a form that was left empty asks for nothing. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .optional()
    .transform((value) => (value === '' ? undefined : value));

/** `?namespace=&user=&…`, each once. */
export const evidenceQuery = z.strictObject({
  namespace: text(63),
  user: text(1_024),
  person: text(1_024),
  request: text(512),
  name: text(512),
  outcome: text(64),
  kind: text(32),
  since: text(40),
  cursor: text(8_192),
});

export type EvidenceAsked = z.output<typeof evidenceQuery>;

export interface EvidencePorts {
  readonly reader: EvidenceReader;
  readonly accessReview: AccessReview;
  readonly now: () => number;
}

export type EvidenceAnswer =
  | { readonly kind: 'List'; readonly list: EvidenceList }
  | { readonly kind: 'Forbidden' }
  | { readonly kind: 'BadRequest'; readonly message: string };

/**
 * What the viewer may read by the cluster's own rules, in one namespace or in all: asked each time, and no answer is a no.
 *
 * @throws EvidenceError
 */
export async function listEvidence(
  asked: EvidenceAsked,
  viewer: Viewer,
  { reader, accessReview, now }: EvidencePorts,
  signal: AbortSignal,
): Promise<EvidenceAnswer> {
  const { namespace, user, person, request, name, outcome, kind, since, cursor } = asked;
  const from = pastTime(since ?? DEFAULT_SINCE, now());
  if (from === undefined) return { kind: 'BadRequest', message: 'since is a time such as 2h, 7d or 2026-11-20' };
  const kinds = EVIDENCE_KINDS.filter((each) => (kind === undefined ? isPlain(each, request) : each === kind));
  if (kinds.length === 0) return { kind: 'BadRequest', message: 'there is no such kind of record' };
  if (!(await mayListRecords(viewer, namespace ?? '', accessReview, signal))) return { kind: 'Forbidden' };
  const given = { namespace, user, person, request, name, outcome, after: cursor };
  const page = await reader.find(
    {
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      kinds,
      // A page of a request shows all of it; `cursor` belongs to one query, so that a relative time must not move.
      ...(request !== undefined && since === undefined ? {} : { since: from }),
      limit: PAGE,
    },
    signal,
  );
  const rows = page.found.flatMap(({ ledger, record }) => rowOf(ledger, record, namespace));
  const events = request === undefined || kind !== undefined ? [] : await eventsOf(rows, namespace, reader, signal);
  const items = [...rows, ...events].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  return {
    kind: 'List',
    list: {
      items,
      ...(page.next === undefined ? {} : { cursor: page.next }),
      unreadable: page.unreadable?.length ?? 0,
    },
  };
}

/** An event knows no request: it is joined by the decision. */
async function eventsOf(
  rows: readonly EvidenceRow[],
  namespace: string | undefined,
  reader: EvidenceReader,
  signal: AbortSignal,
): Promise<readonly EvidenceRow[]> {
  const decisions = [...new Set(rows.flatMap(({ decision }) => decision ?? []))].slice(0, MOST_DECISIONS);
  const events: EvidenceRow[] = [];
  for (const decision of decisions) {
    const where = namespace === undefined ? {} : { namespace };
    const { found } = await reader.find({ decision, kinds: ['AuditEvent'], limit: PAGE, ...where }, signal);
    events.push(...found.flatMap(({ ledger, record }) => rowOf(ledger, record, namespace)));
  }
  return events;
}

/** The events of the API server are a hundred for each other record: they are shown where they are asked for. */
function isPlain(kind: EvidenceRecord['kind'], request: string | undefined): boolean {
  return kind !== 'Segment' && (request !== undefined || kind !== 'AuditEvent');
}

/** No answer is a no. @param namespace empty: all of them, and what has none */
export async function mayListRecords(
  viewer: Pick<Viewer, 'username' | 'groups'>,
  namespace: string,
  accessReview: AccessReview,
  signal: AbortSignal,
): Promise<boolean> {
  const user = subjectOf(viewer);
  const resource = { group: EVIDENCE_GROUP, version: EVIDENCE_VERSION, resource: RECORDS, subresource: '', name: '' };
  try {
    return await accessReview.allowed({ user, verb: 'list', namespace, ...resource }, signal);
  } catch {
    return false;
  }
}

/** As the API server knows them. */
export function subjectOf({ username, groups }: Pick<Viewer, 'username' | 'groups'>): AccessSubject {
  return { username, uid: '', groups: [...groups, AUTHENTICATED], extra: {} };
}

function rowOf(ledger: string, record: EvidenceRecord, namespace: string | undefined): readonly EvidenceRow[] {
  const entry = entryOf(record);
  // Whatever the reader says: what is of another namespace is in no answer.
  if (entry === undefined || (namespace !== undefined && entry.namespace !== namespace)) return [];
  const message = record.kind === 'Alarm' ? { message: record.data.message } : {};
  return [{ ...entry, ledger, ...message }];
}
