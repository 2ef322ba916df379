import type { VNode } from 'preact';
import { passes } from './api-client.ts';
import type { RequestList as Requests, View } from '../api.ts';
import { useConsole } from './console-context.ts';
import { FilterBar } from './filter-bar.tsx';
import { Heading } from './heading.tsx';
import { Link } from './link.tsx';
import { RequestRows } from './request-rows.tsx';
import { changed, type Filters, pathOf } from './route.ts';
import { Text } from './text.tsx';
import { type Loaded, type Resource, useResource } from './use-resource.ts';

const TITLES: Readonly<Record<View, string>> = {
  waiting: 'Waiting for you',
  mine: 'Your requests',
  all: 'All requests',
};

interface Props {
  readonly view: View;
  readonly filters: Filters;
  readonly waiting: Loaded<Requests>;
}

/** A list of requests, a page at a time. */
export function ListPage({ view, filters, waiting }: Props): VNode {
  return (
    <>
      <Heading title={TITLES[view]} total={waiting.value?.total ?? 0}>
        {TITLES[view]}
      </Heading>
      {view === 'waiting' ? null : <FilterBar view={view} filters={filters} />}
      {view === 'waiting' && pathOf({ page: 'List', view, filters }) === '/' ? (
        <Shown view={view} filters={filters} list={waiting} />
      ) : (
        <Fetched view={view} filters={filters} />
      )}
    </>
  );
}

/** Any other list than the one that every page knows. */
function Fetched({ view, filters }: { view: View; filters: Filters }): VNode {
  const { api, subscribe } = useConsole();
  const key = pathOf({ page: 'List', view, filters });
  const list = useResource(key, () => api.list(view, filters), subscribe, everything);
  return <Shown view={view} filters={filters} list={list} />;
}

function everything(): boolean {
  return true;
}

function Shown({ view, filters, list }: { view: View; filters: Filters; list: Resource<Requests> }): VNode {
  const { value, problem, loading } = list;
  const items = value?.items ?? [];
  const review = view === 'waiting' ? items.filter((item) => item.unacknowledged) : [];
  const others = items.filter((item) => !review.includes(item));
  return (
    <section aria-busy={loading} aria-label="Requests">
      {problem === undefined ? null : (
        <p class="banner" role="alert">
          {passes(problem.status) ? 'This list may be old: ' : 'This list cannot be shown: '}
          <Text>{problem.problem.message}</Text>
        </p>
      )}
      {review.length === 0 ? null : (
        <>
          <h2>Break-glass uses that nobody has looked at yet</h2>
          <RequestRows items={review} />
          {others.length === 0 ? null : <h2>For your vote</h2>}
        </>
      )}
      {others.length === 0 ? null : <RequestRows items={others} />}
      {value !== undefined && items.length === 0 ? (
        <p class="nothing">{value.staleSince === undefined ? nothingText(view, filters) : OUT_OF_DATE}</p>
      ) : null}
      {value === undefined ? null : <Pages view={view} filters={filters} value={value} />}
    </section>
  );
}

function Pages({ view, filters, value }: { view: View; filters: Filters; value: Requests }): VNode {
  const { cursor, ...first } = filters;
  return (
    <nav class="pages" aria-label="Pages">
      <span>
        {value.items.length} of {value.total}
      </span>
      {cursor === undefined ? null : <Link to={{ page: 'List', view, filters: first }}>First page</Link>}
      {value.cursor === undefined ? null : (
        <Link to={{ page: 'List', view, filters: changed(filters, { cursor: value.cursor }) }}>Next page</Link>
      )}
    </nav>
  );
}

/** Of what is not known nobody says that it is not there. */
const OUT_OF_DATE = 'What is here cannot be told now.';

function nothingText(view: View, filters: Filters): string {
  if (Object.keys(filters).length > 0) return 'No request fits these filters.';
  switch (view) {
    case 'waiting':
      return 'Nothing waits for you. This page shows a request as soon as one does.';
    case 'mine':
      return 'You have asked for nothing. A request begins where kubectl says that an approval is needed.';
    case 'all':
      return 'There is no request.';
  }
}
