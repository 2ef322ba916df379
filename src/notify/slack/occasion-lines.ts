import type { Delivery, Occasion } from '../channel.ts';
import { timeText } from './blocks.ts';

/** What is in the history of the notice, where it has its time and its person. */
const TOLD_BY_HISTORY: ReadonlySet<Occasion> = new Set([
  'Escalated',
  'Voted',
  'Approved',
  'Denied',
  'Expired',
  'Revoked',
  'Cancelled',
  'Used',
  'BreakGlass',
  'Acknowledged',
]);

/** What happened, for the thread under a message; the first message itself says that it was asked. */
export function occasionLines({ occasions, notice }: Delivery): string[] {
  const progress = notice.facts.find(({ label }) => label === 'Progress')?.text ?? '';
  const told = occasions.filter((occasion) => TOLD_BY_HISTORY.has(occasion)).length;
  const entries = notice.history.filter(({ text }) => !text.startsWith('asked by')).slice(-Math.max(told, 1));
  return [
    ...(occasions.includes('StageOpened') ? [`The next stage takes approvals. ${progress}`] : []),
    ...(told === 0 ? [] : entries.map(({ at, text }) => `${timeText(at)}  ${text}`)),
    ...(occasions.includes('Reminder') ? [`Still waiting. ${progress}`] : []),
  ];
}
