import type { VNode } from 'preact';
import { STATES } from '../../core/approval/approval-state.ts';
import { ALARM_KINDS } from '../../core/evidence/alarm.ts';
import { useConsole } from './console-context.ts';
import { TextFilter } from './filter-bar.tsx';
import { changedEvidence, type EvidenceFilters } from './route.ts';

const FIELDS = [
  { filter: 'namespace', label: 'Namespace', most: 63 },
  { filter: 'person', label: 'Person, in full', most: 1024 },
  { filter: 'resource', label: 'Resource (pods/exec)', most: 512 },
  { filter: 'name', label: 'Object, by name', most: 512 },
  { filter: 'request', label: 'Request, in full', most: 512 },
  { filter: 'since', label: 'Since (2h, 7d, a day)', most: 40 },
  { filter: 'until', label: 'Until', most: 40 },
] as const;

const KINDS = ['Decision', 'Request', 'Vote', 'Use', 'GivenBack', 'Policy', 'Alarm', 'AuditEvent'] as const;
const VERDICTS = ['Allowed', 'Denied', 'Asked'];
const VOTES = ['Approve', 'Deny', 'Revoke', 'Cancel', 'BreakGlass', 'Acknowledge'];

/** What may have come of each kind; of an event of the API server it is its status. */
const OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  Decision: VERDICTS,
  Request: STATES,
  Vote: VOTES,
  Use: ['Used'],
  GivenBack: ['GivenBack'],
  Policy: ['Stored', 'Removed'],
  Alarm: ALARM_KINDS,
};

/** These are only in an address: as filters they would be two fields for one thing. */
const ONLY_LINKED = [
  { filter: 'user', label: 'User, in full', most: 1024 },
  { filter: 'decision', label: 'Decision', most: 128 },
] as const;

export function EvidenceFilterBar({ filters }: { filters: EvidenceFilters }): VNode {
  const { go } = useConsole();
  const apply = (changes: EvidenceFilters): void =>
    go({ page: 'Evidence', filters: changedEvidence(filters, changes) }, 'Replace');
  const { kind = '' } = filters;
  const fields = [...FIELDS, ...ONLY_LINKED.filter(({ filter }) => filters[filter] !== undefined)];
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <Choice
        label="Kind"
        values={KINDS}
        value={kind}
        // An outcome of another kind would find nothing.
        onChange={(next) => apply({ kind: next, outcome: '' })}
      />
      {kind === 'AuditEvent' ? (
        <TextFilter
          key="status"
          label="Status (403)"
          type="text"
          most={64}
          value={filters.outcome ?? ''}
          onChange={(outcome) => apply({ outcome })}
        />
      ) : (
        <Choice
          label="Outcome"
          values={OUTCOMES[kind] ?? [...new Set([...VERDICTS, ...STATES, ...VOTES])]}
          value={filters.outcome ?? ''}
          onChange={(outcome) => apply({ outcome })}
        />
      )}
      {fields.map(({ filter, ...field }) => (
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
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Choice({ label, values, value, onChange }: ChoiceProps): VNode {
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
