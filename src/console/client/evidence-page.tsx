import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { EvidenceList, EvidenceRow } from '../api.ts';
import { passes } from './api-client.ts';
import { Time } from './clock.tsx';
import { useConsole } from './console-context.ts';
import { TextFilter } from './filter-bar.tsx';
import { Heading } from './heading.tsx';
import { Link } from './link.tsx';
import { changedEvidence, type EvidenceFilters, pathOf } from './route.ts';
import { Text } from './text.tsx';
import { useResource } from './use-resource.ts';

const FIELDS = [
  { filter: 'namespace', label: 'Namespace', most: 63 },
  { filter: 'person', label: 'Person', most: 1024 },
  { filter: 'user', label: 'User, in full', most: 1024 },
  { filter: 'name', label: 'Object', most: 512 },
  { filter: 'request', label: 'Request', most: 512 },
  { filter: 'since', label: 'Since (2h, 7d)', most: 40 },
] as const;

const KINDS = ['Decision', 'Request', 'Vote', 'Use', 'GivenBack', 'Policy', 'Alarm', 'AuditEvent'];
const OUTCOMES = ['Allowed', 'Denied', 'Asked'];

/** The stream tells of requests and votes; of alarms and events of the API server nothing does. */
const LOOK_MS = 5_000;

/** The ledger, searched with the rights of who is signed in. */
export function EvidencePage({ filters, total }: { filters: EvidenceFilters; total: number }): VNode {
  const { api, subscribe } = useConsole();
  const title = filters.kind === 'Alarm' ? 'Alarms' : 'Evidence';
  const list = useResource(pathOf({ page: 'Evidence', filters }), () => api.evidence(filters), subscribe, everything);
  const { value, problem, loading, reload } = list;
  useEffect(() => {
    const timer = setInterval(reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <>
      <Heading title={title} total={total}>
        {title}
      </Heading>
      <EvidenceFilterBar filters={filters} />
      <section aria-busy={loading} aria-label="Records">
        {problem === undefined ? null : (
          <p class="banner" role="alert">
            {passes(problem.status) && value !== undefined ? 'This may be old: ' : ''}
            <Text>{problem.problem.message}</Text>
          </p>
        )}
        {value === undefined || (problem !== undefined && !passes(problem.status)) ? null : (
          <Records filters={filters} list={value} />
        )}
      </section>
    </>
  );
}

function everything(): boolean {
  return true;
}

function Records({ filters, list }: { filters: EvidenceFilters; list: EvidenceList }): VNode {
  const { cursor, ...first } = filters;
  return (
    <>
      {list.unreadable === 0 ? null : (
        <p class="banner" role="alert">
          {list.unreadable} records are not shown: their lines in the ledger are not what they were.
        </p>
      )}
      {list.items.length === 0 ? <p class="nothing">No record fits these filters.</p> : null}
      <ul class="rows">
        {list.items.map((row) => (
          <Row key={`${row.ledger}/${row.seq}`} row={row} />
        ))}
      </ul>
      <nav class="pages" aria-label="Pages">
        <span>{list.items.length} records</span>
        {cursor === undefined ? null : <Link to={{ page: 'Evidence', filters: first }}>First page</Link>}
        {list.cursor === undefined ? null : (
          <Link to={{ page: 'Evidence', filters: changedEvidence(filters, { cursor: list.cursor }) }}>Next page</Link>
        )}
      </nav>
    </>
  );
}

function Row({ row }: { row: EvidenceRow }): VNode {
  const { user, person, verb, resource, name, outcome, namespace, request, decision, message } = row;
  return (
    <li class="row record">
      <span class="tag">{row.kind}</span>
      <div class="row-what">
        <p>
          {outcome === undefined ? null : (
            <strong>
              <Text>{outcome}</Text>
            </strong>
          )}{' '}
          <code>
            <Text>{[verb, resource, name].filter((part) => part !== undefined && part !== '').join(' ')}</Text>
          </code>
        </p>
        {message === undefined ? null : (
          <p>
            <Text>{message}</Text>
          </p>
        )}
        <p class="row-why">
          {user === undefined ? null : (
            <span class="who">
              <Text>{person === undefined || person === user ? user : `${person} (${user})`}</Text>
            </span>
          )}
          <Time at={row.at} />
          {namespace === undefined ? null : (
            <span>
              in <Text>{namespace}</Text>
            </span>
          )}
          {request === undefined ? null : <OfRequest request={request} />}
          {decision === undefined ? null : (
            <code class="muted" title={decision}>
              {decision.slice(0, 8)}
            </code>
          )}
        </p>
      </div>
    </li>
  );
}

function OfRequest({ request }: { request: string }): VNode {
  const slash = request.indexOf('/');
  return (
    <Link to={{ page: 'Request', namespace: request.slice(0, slash), name: request.slice(slash + 1) }}>
      <Text>{request}</Text>
    </Link>
  );
}

function EvidenceFilterBar({ filters }: { filters: EvidenceFilters }): VNode {
  const { go } = useConsole();
  const apply = (changes: EvidenceFilters): void =>
    go({ page: 'Evidence', filters: changedEvidence(filters, changes) }, 'Replace');
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <Choice label="Kind" values={KINDS} value={filters.kind} onChange={(kind) => apply({ kind })} />
      <Choice label="Outcome" values={OUTCOMES} value={filters.outcome} onChange={(outcome) => apply({ outcome })} />
      {FIELDS.map(({ filter, ...field }) => (
        <TextFilter
          key={filter}
          {...field}
          type="text"
          value={filters[filter] ?? ''}
          onChange={(value) => apply({ [filter]: value })}
        />
      ))}
    </form>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly values: readonly string[];
  readonly value: string | undefined;
  readonly onChange: (value: string) => void;
}

function Choice({ label, values, value = '', onChange }: ChoiceProps): VNode {
  // What came by the address and is none of these is shown all the same.
  const all = value === '' || values.includes(value) ? values : [...values, value];
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">any</option>
        {all.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}
