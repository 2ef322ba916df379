import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { State } from '../../core/api/kinds.ts';
import { STATES } from '../../core/approval/approval-state.ts';
import type { View } from '../api.ts';
import { after } from './after.ts';
import { useConsole } from './console-context.ts';
import { changed, type Filters } from './route.ts';

/** Somebody types a letter each fifth of a second. */
const TYPING_MS = 300;

const FIELDS = [
  { filter: 'q', label: 'Search', type: 'search', most: 200 },
  { filter: 'namespace', label: 'Namespace', type: 'text', most: 63 },
  { filter: 'requester', label: 'Requester, in full', type: 'text', most: 1024 },
] as const;

/** The filters of a list. What is typed is in the address a moment later. */
export function FilterBar({ view, filters }: { view: View; filters: Filters }): VNode {
  const { go } = useConsole();
  const apply = (changes: Filters): void => go({ page: 'List', view, filters: changed(filters, changes) }, 'Replace');
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <label>
        State
        <select value={filters.state ?? ''} onChange={(event) => apply({ state: event.currentTarget.value as State })}>
          <option value="">any</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {state}
            </option>
          ))}
        </select>
      </label>
      {FIELDS.filter(({ filter }) => view === 'all' || filter !== 'requester').map(({ filter, ...field }) => (
        <TextFilter
          key={filter}
          {...field}
          value={filters[filter] ?? ''}
          onChange={(value) => apply({ [filter]: value })}
        />
      ))}
    </form>
  );
}

export interface TextFilterProps {
  readonly label: string;
  readonly type: 'search' | 'text';
  readonly most: number;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function TextFilter({ label, type, most, value, onChange }: TextFilterProps): VNode {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  // The address changed by another way: the browser's back, or a link.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed === sent.current) return;
    return after(TYPING_MS, () => {
      sent.current = typed;
      latest.current(typed);
    });
  }, [typed]);
  return (
    <label>
      {label}
      <input
        type={type}
        list={undefined}
        maxLength={most}
        autoComplete="off"
        spellcheck={false}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
    </label>
  );
}
