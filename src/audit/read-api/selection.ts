import { EVIDENCE_KINDS, type EvidenceKind } from '../../core/evidence/evidence-record.ts';
import { pastTime } from '../../core/evidence/past-time.ts';
import type { EvidenceQuery } from '../../core/evidence/query.ts';
import { badRequest } from './read-api-error.ts';

/** By what records are selected; `fieldSelector=user=alice,since=2h` and `user=alice&since=2h` say the same. */
export type Selection = Omit<EvidenceQuery, 'limit' | 'after' | 'namespace'>;

/** Names in a selector, and of the query's fields. */
const EQUAL = {
  user: 'user',
  person: 'person',
  verb: 'verb',
  resource: 'resource',
  objectName: 'name',
  request: 'request',
  decision: 'decision',
  outcome: 'outcome',
} as const satisfies Readonly<Record<string, keyof EvidenceQuery>>;

export const SELECTORS = [...Object.keys(EQUAL), 'kind', 'since', 'until', 'order'] as const;

/** Of one request; the index asks for each of them. */
const MAX_VALUE_CHARACTERS = 1_024;

/** All but the API server's events, of which there are a hundred for each of the others. */
const WITHOUT_EVENTS: readonly EvidenceKind[] = EVIDENCE_KINDS.filter(
  (kind) => kind !== 'Segment' && kind !== 'AuditEvent',
);
const EVERYTHING: readonly EvidenceKind[] = EVIDENCE_KINDS.filter((kind) => kind !== 'Segment');

/** What is listed where nothing says since when. */
const DEFAULT_HOURS = 24;

export interface Selected {
  readonly selection: Selection;
  /** What was taken for granted: sent as warnings, which kubectl prints. */
  readonly assumed: readonly string[];
}

/**
 * @param now milliseconds since the Unix epoch
 * @throws ReadApiError BadRequest
 */
export function selectionOf(parameters: URLSearchParams, now: number): Selected {
  const words = wordsOf(parameters);
  const assumed: string[] = [];
  const equal: Partial<Record<(typeof EQUAL)[keyof typeof EQUAL], string>> = {};
  for (const [word, field] of Object.entries(EQUAL)) {
    const value = words.get(word);
    if (value !== undefined) equal[field] = value;
  }
  const until = timeOf('until', words.get('until'), now);
  const asked = timeOf('since', words.get('since'), now);
  // What belongs to one request or decision is found whenever it was.
  const whenever = equal.request !== undefined || equal.decision !== undefined;
  const since = asked ?? (whenever || until !== undefined ? undefined : hoursBefore(now));
  if (since !== asked) assumed.push(`records of the last ${DEFAULT_HOURS} h; since=7d shows more`);
  const kinds = kindsOf(words.get('kind'), equal.decision !== undefined);
  if (kinds === WITHOUT_EVENTS && !whenever) assumed.push("without the API server's events; kind=Any shows them too");
  return {
    selection: {
      ...equal,
      kinds,
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      order: orderOf(words.get('order')),
    },
    assumed,
  };
}

/** Of selector and parameters. */
function wordsOf(parameters: URLSearchParams): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  const add = (word: string, value: string): void => {
    if (value.length > MAX_VALUE_CHARACTERS)
      throw badRequest(`${word} is longer than ${MAX_VALUE_CHARACTERS} characters`);
    if (words.has(word) && words.get(word) !== value) throw badRequest(`${word} is given twice`);
    words.set(word, value);
  };
  for (const word of SELECTORS) for (const value of parameters.getAll(word)) add(word, value);
  for (const term of termsOf(parameters.get('fieldSelector') ?? '')) {
    const [, word = '', operator, value = ''] = /^([A-Za-z.]+)(==|=|!=)(.*)$/s.exec(term) ?? [];
    if (!SELECTORS.includes(word) || operator === '!=' || operator === undefined) {
      throw badRequest(`the field selector takes ${SELECTORS.join(', ')}, each with = and a value`);
    }
    add(word, value.replaceAll(/\\([\\,=])/g, '$1'));
  }
  if ((parameters.get('labelSelector') ?? '') !== '') throw badRequest('records have no labels; use a field selector');
  return words;
}

/** Split at commas that are not escaped (k8s.io/apimachinery/pkg/fields, splitTerms). */
function termsOf(selector: string): readonly string[] {
  return selector === ''
    ? []
    : selector
        .split(/(?<=(?<!\\)(?:\\\\)*),/)
        .map((term) => term.replace(/,$/, ''))
        .filter((term) => term !== '');
}

function timeOf(word: string, value: string | undefined, now: number): string | undefined {
  if (value === undefined) return undefined;
  const time = pastTime(value, now);
  if (time === undefined) throw badRequest(`${word} is a time such as 2h, 7d, 2026-11-20 or 2026-11-20T10:00:00Z`);
  return time;
}

function hoursBefore(now: number): string {
  return new Date(now - DEFAULT_HOURS * 3_600_000).toISOString();
}

/** `kind=Vote`, several with `|` between them, or `Any`. */
function kindsOf(value: string | undefined, ofDecision: boolean): readonly EvidenceKind[] {
  if (value === undefined) return ofDecision ? EVERYTHING : WITHOUT_EVENTS;
  if (value === 'Any') return EVERYTHING;
  return value.split('|').map((word) => {
    const kind = EVERYTHING.find((each) => each === word);
    if (kind === undefined) throw badRequest(`kind is one of ${EVERYTHING.join(', ')}, or Any`);
    return kind;
  });
}

function orderOf(value = 'NewestFirst'): 'NewestFirst' | 'OldestFirst' {
  if (value === 'NewestFirst' || value === 'OldestFirst') return value;
  throw badRequest('order is NewestFirst or OldestFirst');
}
