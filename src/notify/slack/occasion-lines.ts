import type { Notice } from '../../core/notice/notice.ts';
import type { Delivery, Occasion } from '../channel.ts';
import { timeText } from './blocks.ts';

/** How the entries of a history begin that tell of an occasion, with its time and its person. */
const BEGINNINGS: Readonly<Partial<Record<Occasion, string>>> = {
  Escalated: 'escalated',
  Voted: 'approved by ',
  BreakGlass: 'glass broken ',
  Approved: 'all approvals are there',
  Used: 'used by ',
  Denied: 'denied',
  Expired: 'expired',
  Revoked: 'revoked',
  Cancelled: 'cancelled',
  Acknowledged: 'break-glass use acknowledged',
};

/** What happened, for the thread under a message; the first message itself says that it was asked. */
export function occasionLines({ occasions, notice }: Pick<Delivery, 'occasions' | 'notice'>): string[] {
  const progress = notice.facts.find(({ label }) => label === 'Progress')?.text ?? '';
  const reason = notice.facts.find(({ label }) => label === 'Reason')?.text ?? '';
  return [
    ...(occasions.includes('StageOpened') ? [`The next stage takes approvals. ${progress}`] : []),
    ...(occasions.includes('ReasonGiven') && !occasions.includes('Asked') ? [`The reason was given. ${reason}`] : []),
    ...newEntries(occasions, notice).map(({ at, text }) => `${timeText(at)}  ${text}`),
    ...(occasions.includes('Reminder') ? [`Still waiting. ${progress}`] : []),
  ];
}

/** Of each occasion as many entries as there were of it, the newest, in their order. */
function newEntries(occasions: readonly Occasion[], { history }: Notice): Notice['history'] {
  const wanted = new Set(
    [...new Set(occasions)].flatMap((occasion) => {
      const beginning = BEGINNINGS[occasion];
      if (beginning === undefined) return [];
      const count = occasions.filter((other) => other === occasion).length;
      return history.filter(({ text }) => text.startsWith(beginning)).slice(-count);
    }),
  );
  return history.filter((entry) => wanted.has(entry));
}
