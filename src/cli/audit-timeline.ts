import { printable } from '../core/attributes/printable.ts';
import { inOrder, isWholeSecond } from '../core/evidence/in-order.ts';
import { told, unheardOf } from '../core/evidence/told.ts';
import type { RecordItem } from './records.ts';
import { styleOfOutcome } from './audit-table.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';

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
  const missing = unheardOf(items.map(({ entry }) => entry)).map(
    (decision) => `No event of the API server tells of decision ${printable(decision)} (yet).\n`,
  );
  const proofs = sorted.flatMap(({ record }) => {
    const { what, evidence = [] } = told(record);
    return evidence.length === 0 ? [] : [`${what} is proved by ${evidence.map(printable).join(', ')}.\n`];
  });
  return `Request ${printable(reference)}\n${table}${[...missing, ...proofs].join('')}`;
}

/** As fine as it is known. */
function timeText(item: RecordItem): string {
  const { at } = item.entry;
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return at;
  const text = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
  return isWholeSecond(item.entry) ? text.replace(/\.000$/, '') : text;
}
