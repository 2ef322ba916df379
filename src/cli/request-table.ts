import type { ApprovalRequest, State } from '../core/api/kinds.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import { printable } from '../core/attributes/printable.ts';
import { summarise } from '../core/attributes/summary.ts';
import { type Paint, PLAIN, styleOf } from './paint.ts';
import { age, relativeTime } from './relative-time.ts';
import { missingText, usedText } from './show-approval.ts';
import { keyOf } from './show-page.ts';
import { renderTable } from './table.ts';

export interface TableOptions {
  readonly namespaces: boolean;
  readonly wide: boolean;
  readonly paint?: Paint;
  /** What was printed before, with the header: these rows go on under it. */
  readonly after?: readonly ApprovalRequest[];
}

/** Characters of an action in a narrow table; `-o wide` and `show` have all of it. */
const ACTION_WIDTH = 60;

export function isOpen(request: ApprovalRequest): boolean {
  return !ENDED.has(stateOf(request));
}

/** What waits for somebody comes first, the most urgent on top; then what has ended, the latest on top. */
export function inReadingOrder(requests: readonly ApprovalRequest[]): ApprovalRequest[] {
  return requests.toSorted((a, b) => {
    const byState = rank(stateOf(a)) - rank(stateOf(b));
    if (byState !== 0) return byState;
    const byTime = isOpen(a) ? compare(a.status?.expiresAt, b.status?.expiresAt) : compare(endOf(b), endOf(a));
    return byTime === 0 ? compare(keyOf(a), keyOf(b)) : byTime;
  });
}

export function requestTable(requests: readonly ApprovalRequest[], options: TableOptions, now: number): string {
  const { paint = PLAIN, after } = options;
  const header = [
    ...(options.namespaces ? ['NAMESPACE'] : []),
    'NAME',
    'REQUESTER',
    'ACTION',
    'TARGET',
    'APPROVALS',
    'STATE',
    'EXPIRES',
    'AGE',
    ...(options.wide ? ['MISSING', 'POLICIES', 'REASON'] : []),
  ];
  const rows = (of: readonly ApprovalRequest[]) => of.map((request) => row(request, options, now).map(printable));
  const state = header.indexOf('STATE');
  return renderTable(header, rows(requests), {
    ...(after === undefined ? {} : { continues: rows(after) }),
    paint: (cell, index, column) => {
      const request = requests[index];
      return column !== state || request === undefined ? cell : paint(styleOf(stateOf(request)), cell);
    },
  });
}

function row(request: ApprovalRequest, { namespaces, wide }: TableOptions, now: number): string[] {
  const { metadata, spec, status } = request;
  // From the action, which the digest binds, and not from the stored words about it.
  const { action, target } = summarise(spec.action);
  return [
    ...(namespaces ? [metadata.namespace ?? ''] : []),
    metadata.name ?? '',
    requesterName(spec.requester),
    wide ? action : cut(action),
    target,
    status?.approvals ?? '<none>',
    stateText(request),
    isOpen(request) ? relativeTime(status?.expiresAt, now) : '-',
    age(metadata.creationTimestamp, now),
    ...(wide
      ? [
          stateOf(request) === 'Pending' ? missingText(request) : '-',
          (spec.policies ?? []).map((policy) => policy.name).join(',') || '<none>',
          spec.reason ?? '',
        ]
      : []),
  ];
}

/** `Approved, used 3/10` of a window. */
function stateText(request: ApprovalRequest): string {
  const used = usedText(request);
  return used === undefined ? stateOf(request) : `${stateOf(request)}, ${used}`;
}

function requesterName(requester: ApprovalRequest['spec']['requester']): string {
  if (requester === undefined) return '<unknown>';
  return requester.impersonated === true ? `${requester.username} (impersonated)` : requester.username;
}

function rank(state: State): number {
  switch (state) {
    case 'Pending':
      return 0;
    case 'Approved':
      return 1;
    case 'Denied':
    case 'Expired':
    case 'Consumed':
    case 'Revoked':
    case 'Cancelled':
      return 2;
  }
}

function endOf(request: ApprovalRequest): string | undefined {
  return request.status?.endedAt ?? request.metadata.creationTimestamp;
}

function compare(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length <= ACTION_WIDTH ? text : `${characters.slice(0, ACTION_WIDTH - 1).join('')}…`;
}
