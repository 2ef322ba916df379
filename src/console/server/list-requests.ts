import { z } from 'zod';
import { STATES } from '../../core/approval/approval-state.ts';
import { type RequestList, VIEWS } from '../api.ts';
import type { Folded, FoldedRequests } from './folded-requests.ts';
import { filterInTurns, mapInTurns } from './in-turns.ts';
import { isMine, isWaitingFor, rowOf } from './rows.ts';
import type { Viewer } from './viewer.ts';
import type { Visibility } from './visibility.ts';

const PAGE = 50;

/** A field of a form that was left empty asks for nothing. */
const text = (max: number, message?: string) =>
  z
    .string()
    .max(max, message)
    .optional()
    .transform((value) => (value === '' ? undefined : value));

/** `?view=&state=&namespace=&requester=&q=&cursor=`, each once. */
export const listQuery = z.strictObject({
  view: z.enum(VIEWS).default('all'),
  state: z.union([z.literal('').transform(() => undefined), z.enum(STATES)]).optional(),
  namespace: text(63),
  requester: text(1_024),
  q: text(200, 'what is searched for is longer than 200 characters'),
  cursor: text(512),
});

export type ListQuery = z.output<typeof listQuery>;

export interface ListPorts {
  readonly folded: FoldedRequests;
  readonly visibility: Visibility;
  readonly now: () => number;
}

/** One page: what waits, the most urgent first, as in `kubectl sallyport list`; other lists, the newest first. */
export async function listRequests(query: ListQuery, viewer: Viewer, ports: ListPorts): Promise<RequestList> {
  const now = ports.now();
  const seen = await inView(query, viewer, ports, now);
  const rows = await matching(query, seen);
  const keyOf = orderOf(query.view);
  const start = query.cursor === undefined ? 0 : rows.findIndex((folded) => keyOf(folded) > (query.cursor ?? ''));
  const page = start < 0 ? [] : rows.slice(start, start + PAGE);
  const last = page.at(-1);
  const more = last !== undefined && start + PAGE < rows.length;
  return {
    items: page.map((folded) => rowOf(folded, viewer, now)),
    ...(more ? { cursor: keyOf(last) } : {}),
    total: rows.length,
  };
}

async function inView(
  { view, namespace }: ListQuery,
  viewer: Viewer,
  { folded, visibility }: ListPorts,
  now: number,
): Promise<readonly Folded[]> {
  const all = (await folded.list()).filter(
    ({ request }) => namespace === undefined || request.metadata.namespace === namespace,
  );
  switch (view) {
    case 'waiting':
      return await filterInTurns(all, (each) => isWaitingFor(each, viewer, now));
    case 'mine':
      return all.filter((each) => isMine(each, viewer));
    case 'all':
      return await visibility.readable(viewer, all);
  }
}

async function matching({ view, state, requester, q }: ListQuery, seen: readonly Folded[]): Promise<Folded[]> {
  const words = q?.toLowerCase();
  const found = await mapInTurns(seen, (folded) => {
    const { username, person } = folded.request.spec.requester ?? {};
    if (state !== undefined && (folded.status.state ?? 'Pending') !== state) return undefined;
    if (requester !== undefined && username !== requester && person !== requester) return undefined;
    if (words !== undefined && !textOf(folded).includes(words)) return undefined;
    return { folded, key: orderOf(view)(folded) };
  });
  return found.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ folded }) => folded);
}

/** What is searched: what a line shows. */
function textOf({ request: { metadata, spec } }: Folded): string {
  const { requester, summary, reason = '', ticket = '' } = spec;
  const { username = '', person = '' } = requester ?? {};
  const { action = '', target = '' } = summary ?? {};
  const name = `${metadata.namespace ?? ''}/${metadata.name}`;
  return [name, username, person, action, target, reason, ticket].join('\n').toLowerCase();
}

/** Times are at most this, in seconds: what is subtracted from it sorts the other way round. */
const LAST_SECOND = 99_999_999_999;

function orderOf(view: ListQuery['view']): (folded: Folded) => string {
  return view === 'waiting' ? urgencyOf : keyOf;
}

/** Sorts by the deadline, and then by name. What has none, such as a break-glass use that was used up, comes last. */
function urgencyOf({ request: { metadata }, status }: Folded): string {
  const expires = Date.parse(status.expiresAt ?? '');
  const seconds = Number.isNaN(expires) ? LAST_SECOND : Math.floor(expires / 1000);
  return `${String(seconds).padStart(11, '0')}.${metadata.namespace ?? ''}.${metadata.name ?? ''}`;
}

/** Sorts by time, newest first, and then by name. It is the cursor too: a page begins after it, whatever came meanwhile. */
function keyOf({ request: { metadata } }: Folded): string {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  const seconds = Number.isNaN(created) ? 0 : Math.floor(created / 1000);
  return `${String(LAST_SECOND - seconds).padStart(11, '0')}.${metadata.namespace ?? ''}.${metadata.name ?? ''}`;
}
