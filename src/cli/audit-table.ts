import { printable } from '../core/attributes/printable.ts';
import type { RecordItem } from './records.ts';
import type { Paint, Style } from './paint.ts';
import { renderTable } from './table.ts';

export interface AuditTableOptions {
  readonly namespaces: boolean;
  readonly wide: boolean;
  readonly paint: Paint;
  /** What was printed above: the rows go on under its columns. */
  readonly after?: readonly RecordItem[];
}

/** In the order given. */
export function auditTable(
  items: readonly RecordItem[],
  { namespaces, wide, paint, after }: AuditTableOptions,
): string {
  const header = [
    ...(namespaces ? ['NAMESPACE'] : []),
    'AT',
    'KIND',
    'USER',
    'VERB',
    'OBJECT',
    'OUTCOME',
    'REQUEST',
    ...(wide ? ['PERSON', 'DECISION', 'NAME', 'EVIDENCE'] : []),
  ];
  const row = ({ metadata, entry, record }: RecordItem) =>
    [
      ...(namespaces ? [metadata.namespace ?? ''] : []),
      metadata.creationTimestamp,
      entry.kind,
      entry.user ?? '',
      entry.verb ?? '',
      objectText(entry),
      entry.outcome ?? '',
      entry.request ?? '',
      ...(wide ? [entry.person ?? '', entry.decision ?? '', metadata.name, evidenceText(record)] : []),
    ].map((cell) => printable(cell));
  const outcome = header.indexOf('OUTCOME');
  return renderTable(header, items.map(row), {
    paint: (cell, index, column) => {
      const entry = items[index]?.entry;
      const style = column === outcome && entry !== undefined ? styleOfOutcome(entry) : undefined;
      return style === undefined ? cell : paint(style, cell);
    },
    ...(after === undefined ? {} : { continues: after.map(row) }),
  });
}

/** What proves an alarm. */
function evidenceText(record: RecordItem['record']): string {
  return record.kind === 'Alarm' ? record.data.evidence.join(',') : '';
}

export function objectText({ resource, name }: Pick<RecordItem['entry'], 'resource' | 'name'>): string {
  return [resource, name].filter((part) => part !== undefined && part !== '').join(' ');
}

export function styleOfOutcome({
  kind,
  outcome = '',
}: Pick<RecordItem['entry'], 'kind' | 'outcome'>): Style | undefined {
  if (kind === 'Alarm') return 'bad';
  if (['Allowed', 'Approved', 'Approve', 'Used'].includes(outcome) || /^[12]\d\d$/.test(outcome)) return 'good';
  if (['Denied', 'Deny', 'Revoked', 'Revoke'].includes(outcome) || /^[45]\d\d$/.test(outcome)) return 'bad';
  return ['Asked', 'Pending'].includes(outcome) ? 'waiting' : undefined;
}
