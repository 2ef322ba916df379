import { z } from 'zod';
import { entryOf } from '../../core/evidence/entry.ts';
import { EVIDENCE_KINDS, type EvidenceRecord } from '../../core/evidence/evidence-record.ts';
import { inOrder } from '../../core/evidence/in-order.ts';
import { pastTime } from '../../core/evidence/past-time.ts';
import type { EvidenceQuery } from '../../core/evidence/query.ts';
import { EVIDENCE_GROUP, EVIDENCE_VERSION, RECORDS } from '../../core/evidence/record-object.ts';
import { told, unheardOf } from '../../core/evidence/told.ts';
import type { AccessReview } from '../../ports/access-review.ts';
import type { EvidenceReader } from '../../ports/evidence-reader.ts';
import type { EvidenceList, EvidenceRow } from '../api.ts';
import { subjectOf } from './subject-of.ts';
import type { Viewer } from './viewer.ts';

const PAGE = 50;

/** Of one request: votes, uses and refusals. */
const MOST_OF_STORY = 200;

/** Of one page whose events are looked up. */
const MOST_DECISIONS = 20;

/** Of what nothing says since when. */
const DEFAULT_SINCE = '24h';

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
  decision: text(128),
  resource: text(512),
  name: text(512),
  outcome: text(64),
  kind: text(32),
  since: text(40),
  until: text(40),
  cursor: text(8_192),
});

export type EvidenceAsked = z.output<typeof evidenceQuery>;

export interface EvidencePorts {
  readonly reader: EvidenceReader;
  readonly accessReview: AccessReview;
  readonly now: () => number;
  /** Requests for what has no namespace stand there. */
  readonly systemNamespace: string;
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
  { reader, accessReview, now, systemNamespace }: EvidencePorts,
  signal: AbortSignal,
): Promise<EvidenceAnswer> {
  const { namespace: wanted, request, decision, kind, since, until, cursor, ...given } = asked;
  // What belongs to one request or decision is a story: it is told from its beginning, whenever that was.
  const isStory = request !== undefined || decision !== undefined;
  const from = pastTime(since ?? DEFAULT_SINCE, now());
  const to = until === undefined ? undefined : pastTime(until, now());
  if (from === undefined) return badRequest('since is a time such as 2h, 7d or 2026-11-20');
  if (until !== undefined && to === undefined) return badRequest('until is a time such as 2h, 7d or 2026-11-20');
  const kinds = EVIDENCE_KINDS.filter((each) => (kind === undefined ? isPlain(each, isStory) : each === kind));
  if (kinds.length === 0) return badRequest('there is no such kind of record');
  const may = (where: string): Promise<boolean> => mayListRecords(viewer, where, accessReview, signal);
  // Of an action without a namespace only the request, its votes and its uses are in ours.
  const isWide = wanted === systemNamespace && request !== undefined && (await may(''));
  const namespace = isWide ? undefined : wanted;
  if (!isWide && !(await may(namespace ?? ''))) return { kind: 'Forbidden' };
  const query: EvidenceQuery = {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...(namespace === undefined ? {} : { namespace }),
    ...(request === undefined ? {} : { request }),
    ...(decision === undefined ? {} : { decision }),
    kinds,
    ...(isStory && since === undefined ? {} : { since: from }),
    ...(to === undefined ? {} : { until: to }),
    order: isStory ? 'OldestFirst' : 'NewestFirst',
    limit: isStory ? MOST_OF_STORY : PAGE,
  };
  const page = await reader.find({ ...query, ...(cursor === undefined ? {} : { after: cursor }) }, signal);
  const rows = page.found.flatMap(({ ledger, record }) => rowOf(ledger, record, namespace));
  const events = request === undefined || kind !== undefined ? [] : await eventsOf(rows, namespace, reader, signal);
  const items = inOrder([...rows, ...events], (row) => row);
  if (!isStory) items.reverse();
  const whole = isStory && kind === undefined && cursor === undefined && page.next === undefined;
  return {
    kind: 'List',
    list: {
      items,
      ...(page.next === undefined ? {} : { cursor: page.next }),
      unreadable: page.unreadable?.length ?? 0,
      untold: whole ? unheardOf(items) : [],
      ...(page.behind === undefined ? {} : { behind: page.behind }),
    },
  };
}

function badRequest(message: string): EvidenceAnswer {
  return { kind: 'BadRequest', message };
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
function isPlain(kind: EvidenceRecord['kind'], isStory: boolean): boolean {
  return kind !== 'Segment' && (isStory || kind !== 'AuditEvent');
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

function rowOf(ledger: string, record: EvidenceRecord, namespace: string | undefined): readonly EvidenceRow[] {
  const entry = entryOf(record);
  // Whatever the reader says: what is of another namespace is in no answer.
  if (entry === undefined || (namespace !== undefined && entry.namespace !== namespace)) return [];
  return [{ ...entry, ledger, ...told(record) }];
}
