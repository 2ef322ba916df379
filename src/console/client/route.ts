import { STATES } from '../../core/approval/approval-state.ts';
import type { State } from '../../core/api/kinds.ts';
import type { View } from '../api.ts';

/** What a list shows; kept in the address, so that a list can be sent to a colleague. */
export interface Filters {
  readonly state?: State;
  readonly namespace?: string;
  readonly requester?: string;
  /** Anywhere in a request's texts. */
  readonly q?: string;
  /** Of the page. */
  readonly cursor?: string;
}

/** What a search of the evidence shows; kept in the address too. */
export type EvidenceFilters = Partial<Readonly<Record<(typeof EVIDENCE_FILTERS)[number], string>>>;

const EVIDENCE_FILTERS = [
  'namespace',
  'person',
  'user',
  'request',
  'decision',
  'resource',
  'name',
  'outcome',
  'kind',
  'since',
  'until',
  'cursor',
] as const;

export type Route =
  | { readonly page: 'List'; readonly view: View; readonly filters: Filters }
  | { readonly page: 'Request'; readonly namespace: string; readonly name: string }
  | { readonly page: 'Evidence'; readonly filters: EvidenceFilters }
  | { readonly page: 'Backtest' }
  | { readonly page: 'Unknown' };

/** No filter is longer: a username of Kubernetes ends at 1,024 characters. */
const MAX_FILTER = 1024;

/** The page of an address of ours. @param search with its question mark */
export function routeOf(pathname: string, search: string): Route {
  const query = new URLSearchParams(search);
  if (pathname === '/') return { page: 'List', view: 'waiting', filters: filtersOf(query) };
  if (pathname === '/requests') {
    return { page: 'List', view: query.get('view') === 'mine' ? 'mine' : 'all', filters: filtersOf(query) };
  }
  if (pathname === '/evidence') return { page: 'Evidence', filters: evidenceFiltersOf(query) };
  if (pathname === '/backtest') return { page: 'Backtest' };
  const parts = /^\/requests\/([^/]+)\/([^/]+)$/.exec(pathname);
  const [namespace, name] = [decoded(parts?.[1]), decoded(parts?.[2])];
  return namespace === undefined || name === undefined ? { page: 'Unknown' } : { page: 'Request', namespace, name };
}

/** The address of a page: always a path of ours, so that no text of a request becomes a link to somewhere else. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case 'List': {
      const query = queryOf(route.filters);
      if (route.view === 'mine') query.set('view', 'mine');
      return `${route.view === 'waiting' ? '/' : '/requests'}${query.size === 0 ? '' : `?${query.toString()}`}`;
    }
    case 'Request':
      return `/requests/${encodeURIComponent(route.namespace)}/${encodeURIComponent(route.name)}`;
    case 'Evidence': {
      const query = queryOf(route.filters);
      return `/evidence${query.size === 0 ? '' : `?${query.toString()}`}`;
    }
    case 'Backtest':
      return '/backtest';
    case 'Unknown':
      return '/';
  }
}

export function queryOf(filters: Filters | EvidenceFilters): URLSearchParams {
  const entries = Object.entries(filters).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  return new URLSearchParams(entries);
}

/** The filters with others in their place, from the first page on. An empty one is taken out. */
export function changed(filters: Filters, changes: Filters): Filters {
  return filtersOf(queryOf({ ...filters, cursor: '', ...changes }));
}

/** The filters with others in their place, from the first page on. An empty one is taken out. */
export function changedEvidence(filters: EvidenceFilters, changes: EvidenceFilters): EvidenceFilters {
  return evidenceFiltersOf(queryOf({ ...filters, cursor: '', ...changes }));
}

/** A cursor is longer than any other: it holds a query. */
const MAX_CURSOR = 8_192;

function evidenceFiltersOf(query: URLSearchParams): EvidenceFilters {
  return Object.fromEntries(
    EVIDENCE_FILTERS.flatMap((key) => {
      const value = query.get(key)?.slice(0, key === 'cursor' ? MAX_CURSOR : MAX_FILTER) ?? '';
      return value === '' ? [] : [[key, value]];
    }),
  );
}

function filtersOf(query: URLSearchParams): Filters {
  const text = (key: string): string | undefined => query.get(key)?.slice(0, MAX_FILTER) || undefined;
  const state = STATES.find((each) => each === query.get('state'));
  const [namespace, requester, q, cursor] = [text('namespace'), text('requester'), text('q'), text('cursor')];
  return {
    ...(state === undefined ? {} : { state }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(requester === undefined ? {} : { requester }),
    ...(q === undefined ? {} : { q }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

function decoded(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
