import { printable } from '../core/attributes/printable.ts';
import { inOrder, isWholeSecond } from '../core/evidence/in-order.ts';
import type { EvidenceRecord } from '../core/evidence/evidence-record.ts';
import type { RecordItem } from './records.ts';
import { styleOfOutcome } from './audit-table.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';

/** A reason may be 2,048 characters: here a line is for a glance. */
const REASON_CHARACTERS = 80;
/** Of a decision's UUID: enough to see what belongs together. */
const DECISION_CHARACTERS = 8;

const HEADER = ['AT', 'WHAT', 'WHO', 'DETAIL', 'DECISION'];

/**
 * What happened to one request, from the ask to the API server's event.
 *
 * @param items in any order
 */
export function auditTimeline(reference: string, items: readonly RecordItem[], paint: Paint): string {
  const sorted = inOrder(items, ({ entry }) => entry);
  const rows = sorted.map((item) => {
    const { what, detail } = told(item.record);
    const { user = '', decision = '' } = item.entry;
    return [timeText(item), what, user, detail, decision.slice(0, DECISION_CHARACTERS)].map((cell) => printable(cell));
  });
  const table = renderTable(HEADER, rows, {
    paint: (cell, index, column) => {
      const entry = sorted[index]?.entry;
      const style = column === 1 && entry !== undefined ? styleOfOutcome(entry) : undefined;
      return style === undefined ? cell : paint(style, cell);
    },
  });
  const missing = unheardOf(items).map(
    (decision) => `No event of the API server tells of decision ${printable(decision)} (yet).\n`,
  );
  return `Request ${printable(reference)}\n${table}${missing.join('')}`;
}

/** As fine as it is known. */
function timeText(item: RecordItem): string {
  const { at } = item.entry;
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return at;
  const text = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
  return isWholeSecond(item.entry) ? text.replace(/\.000$/, '') : text;
}

interface Told {
  readonly what: string;
  readonly detail: string;
}

function told(record: EvidenceRecord): Told {
  switch (record.kind) {
    case 'Decision': {
      const { verdict, code, operation, resource, name = '', namespace } = record.data;
      const target = [`${operation} ${resource}`, namespace === undefined ? name : `${namespace}/${name}`]
        .join(' ')
        .trim();
      const dry = record.data.dryRun ? ', dry run' : '';
      return { what: WORDS[verdict], detail: `${target} (${code}${dry})` };
    }
    case 'Request': {
      const { state, reason, because, policies } = record.data;
      const why = state === 'Pending' ? quoted(reason) : quoted(because);
      const under = state === 'Pending' ? `under ${policies.join(', ')}` : '';
      return {
        what: `request ${state}${unsealed(record.data)}`,
        detail: [under, why].filter((part) => part !== '').join(' '),
      };
    }
    case 'Vote': {
      const { decision, via, reason } = record.data;
      const by = via === undefined ? '' : `by ${via}`;
      return {
        what: `vote ${decision}${unsealed(record.data)}`,
        detail: [by, quoted(reason)].filter((part) => part !== '').join(' '),
      };
    }
    case 'Use':
      return { what: `approval used${unsealed(record.data)}`, detail: '' };
    case 'GivenBack':
      return { what: 'use given back', detail: `the API server answered ${record.data.code}` };
    case 'AuditEvent': {
      const { verb, objectRef, stage, responseStatus } = record.data;
      const resource = [objectRef?.resource, objectRef?.subresource].filter((part) => part !== undefined).join('/');
      const code = responseStatus?.code === undefined ? '' : `${responseStatus.code} `;
      return {
        what: `API server ${code}${STAGES[stage]}`,
        detail: `${verb} ${resource} ${objectRef?.name ?? ''}`.trim(),
      };
    }
    case 'Alarm':
      return { what: `ALARM ${record.data.alarm}`, detail: record.data.message };
    case 'Policy':
    case 'Segment':
      return { what: record.kind, detail: record.id };
  }
}

const WORDS = { Allowed: 'allowed', Denied: 'refused', Asked: 'asked' } as const;

const STAGES = {
  RequestReceived: 'received',
  ResponseStarted: 'began',
  ResponseComplete: 'complete',
  Panic: 'panicked',
} as const;

/** R15: nothing goes by what does not carry our seal, and whoever reads it here must see that. */
function unsealed({ unsealed: is }: { readonly unsealed?: true }): string {
  return is === true ? ' (NOT GENUINE)' : '';
}

function quoted(text: string | undefined): string {
  if (text === undefined || text === '') return '';
  const short = Array.from(text).slice(0, REASON_CHARACTERS).join('');
  return JSON.stringify(short.length < text.length ? `${short}…` : text);
}

/** Decisions that let something through and that no event is joined with. */
function unheardOf(items: readonly RecordItem[]): readonly string[] {
  const heard = new Set(items.flatMap(({ entry }) => (entry.kind === 'AuditEvent' ? [entry.decision] : [])));
  const used = items.flatMap(({ entry }) =>
    entry.kind === 'Use' && entry.decision !== undefined ? [entry.decision] : [],
  );
  return [...new Set(used)].filter((decision) => !heard.has(decision));
}
