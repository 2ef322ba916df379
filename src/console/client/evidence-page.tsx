import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { EvidenceList } from '../api.ts';
import { passes } from './api-client.ts';
import { useConsole } from './console-context.ts';
import { EvidenceFilterBar } from './evidence-filters.tsx';
import { EvidenceRow, OfRequest } from './evidence-rows.tsx';
import { Heading } from './heading.tsx';
import { Link } from './link.tsx';
import { changedEvidence, type EvidenceFilters, pathOf } from './route.ts';
import { Text } from './text.tsx';
import { type Resource, useResource } from './use-resource.ts';

/** The stream tells of requests and votes; of alarms and events of the API server nothing does. */
const LOOK_MS = 5_000;

/** The ledger, searched with the rights of who is signed in. */
export function EvidencePage({ filters, total }: { filters: EvidenceFilters; total: number }): VNode {
  const { api, subscribe } = useConsole();
  const [follows, setFollows] = useState(true);
  const title = titleOf(filters);
  // What comes is on the first page, and on the last of a story.
  const following = follows && filters.cursor === undefined && filters.until === undefined;
  const list = useResource(
    pathOf({ page: 'Evidence', filters }),
    () => api.evidence(filters),
    following ? subscribe : nobody,
    everything,
  );
  const { reload } = list;
  useEffect(() => {
    if (!following) return;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [reload, following]);
  return (
    <>
      <Heading title={title} total={total}>
        {title}
      </Heading>
      {filters.request === undefined ? null : (
        <p class="standing">
          Request <OfRequest request={filters.request} to="Request" />
        </p>
      )}
      <EvidenceFilterBar filters={filters} />
      <section aria-busy={list.loading} aria-label="Records">
        <p class="follow">
          <span class={following ? 'following' : 'muted'}>
            {following ? 'New records appear within seconds.' : NOT_FOLLOWED[follows ? 'Past' : 'Paused']} Times are
            UTC.
          </span>
          {follows && !following ? null : (
            <button type="button" class="button small" onClick={() => setFollows(!follows)}>
              {follows ? 'Pause' : 'Follow'}
            </button>
          )}
        </p>
        <Found filters={filters} list={list} />
      </section>
    </>
  );
}

const NOT_FOLLOWED = {
  Paused: 'Paused: this is as it was.',
  Past: 'This part of the search is not followed.',
} as const;

function titleOf({ kind, request, decision }: EvidenceFilters): string {
  if (request !== undefined) return 'Evidence of one request';
  if (decision !== undefined) return 'Evidence of one decision';
  return kind === 'Alarm' ? 'Alarms' : 'Evidence';
}

function everything(): boolean {
  return true;
}

function nobody(): () => void {
  return () => undefined;
}

function Found({ filters, list }: { filters: EvidenceFilters; list: Resource<EvidenceList> }): VNode {
  const { value, problem } = list;
  const isOld = problem !== undefined && passes(problem.status) && value !== undefined;
  return (
    <>
      {problem === undefined ? null : (
        <p class="banner" role="alert">
          {isOld ? 'This may be old: ' : ''}
          <Text>{problem.problem.message}</Text>
          {passes(problem.status) ? '. It is asked again every few seconds.' : ''}
        </p>
      )}
      {value === undefined || (problem !== undefined && !isOld) ? null : <Records filters={filters} list={value} />}
    </>
  );
}

function Records({ filters, list }: { filters: EvidenceFilters; list: EvidenceList }): VNode {
  const { cursor, ...first } = filters;
  const { items, unreadable, untold, behind = 0 } = list;
  return (
    <>
      {unreadable === 0 ? null : (
        <p class="banner" role="alert">
          {unreadable} {unreadable === 1 ? 'record is' : 'records are'} not shown: what stands in the ledger is not what
          it was. <code>sallyport audit verify</code> says more.
        </p>
      )}
      {behind === 0 ? null : (
        <p class="banner">
          {behind.toLocaleString('en')} records are kept and cannot be found yet: the index is behind. What is missing
          here may come.
        </p>
      )}
      {items.length === 0 ? <p class="nothing">{nothingText(filters)}</p> : null}
      <ol class="rows">
        {items.map((row) => (
          <EvidenceRow key={`${row.ledger}/${row.seq}`} row={row} filters={filters} />
        ))}
      </ol>
      {untold.map((decision) => (
        <p key={decision} class="muted untold">
          No event of the API server tells of decision <code>{decision.slice(0, 8)}</code> yet: they come in batches,
          within seconds.
        </p>
      ))}
      <nav class="pages" aria-label="Pages">
        <span>
          {items.length} {items.length === 1 ? 'record' : 'records'}
          {list.cursor === undefined ? '' : ', and more'}
        </span>
        {cursor === undefined ? null : <Link to={{ page: 'Evidence', filters: first }}>First page</Link>}
        {list.cursor === undefined ? null : (
          <Link to={{ page: 'Evidence', filters: changedEvidence(filters, { cursor: list.cursor }) }}>Next page</Link>
        )}
      </nav>
    </>
  );
}

/** What a search leaves out by itself is said where it finds nothing. */
function nothingText({ kind, since, until, cursor, request, decision, ...others }: EvidenceFilters): string {
  if (cursor !== undefined) return 'There are no more records.';
  const span =
    since === undefined && until === undefined ? ' in the last 24 hours (Since shows more)' : ' in this time';
  const when = request === undefined && decision === undefined ? span : '';
  const narrowed = Object.keys(others).length > 0;
  if (kind === 'Alarm') return `No alarm${narrowed ? ' fits these filters' : ''}${when}.`;
  const events = kind === undefined && when !== '' ? ' Events of the API server are found with Kind AuditEvent.' : '';
  return `No record${narrowed || kind !== undefined ? ' fits these filters' : ''}${when}.${events}`;
}
