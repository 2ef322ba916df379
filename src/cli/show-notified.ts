import type { ApprovalRequest } from '../core/api/kinds.ts';
import { printable } from '../core/attributes/printable.ts';
import { relativeTime } from './relative-time.ts';

/** Who was told of it, or why nobody was, a line each, without indentation. */
export function notifiedLines({ status }: ApprovalRequest, now: number): string[] {
  return (status?.notifications ?? []).map(({ channel, told, at, problem }) => {
    const of = (told ?? []).length === 0 ? '' : ` of ${(told ?? []).join(', ')}`;
    const when = at === undefined ? 'not told yet' : `told${of}, ${relativeTime(at, now)}`;
    return printable(`${channel}: ${when}${problem === undefined ? '' : `; it cannot be told: ${problem}`}`);
  });
}
