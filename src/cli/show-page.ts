import type { ApprovalRequest, RequestSpec, VoteDecision } from '../core/api/kinds.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import { isUnacknowledged } from '../core/approval/break-glass.ts';
import { printable } from '../core/attributes/printable.ts';
import { summarise } from '../core/attributes/summary.ts';
import { ignorePathsOf } from '../core/decision/ignore-paths.ts';
import { checkDigest, shortDigest } from '../core/notice/digest-check.ts';
import { type Paint, PLAIN, styleOf } from './paint.ts';
import { deadlineText, relativeTime } from './relative-time.ts';
import { actionLines, quotedLines } from '../core/notice/action-lines.ts';
import { notifiedLines } from './show-notified.ts';
import { approvalLines, usedText, useLines, voteLines } from './show-approval.ts';
import { breakGlassReason, breakGlassText, windowText } from '../core/notice/window-text.ts';
import { warningLines } from './warnings.ts';
import { warningsOf } from '../core/notice/warnings.ts';

/** Everything that an approver must see before approving. @param now milliseconds since the epoch */
export function showPage(request: ApprovalRequest, now: number, paint: Paint = PLAIN): string {
  const { spec } = request;
  const warnings = warningsOf(request);
  return [
    `Approval request ${printable(keyOf(request))}\n`,
    warnings.length === 0 ? '' : `\n${warningLines(warnings, paint)}`,
    section('State', stateLines(request, now, paint)),
    section('Who', whoLines(request)),
    section('What', actionLines(spec.action, ignorePathsOf(spec.policies ?? []))),
    section('Why', whyLines(request)),
    section('Approval', approvalLines(request)),
    section('Told', notifiedLines(request, now)),
    section('Votes', orNone(voteLines(request))),
    section('Uses', useLines(request)),
    section('Digest', digestLines(request)),
    nextSteps(request),
  ].join('');
}

/** What every verb that votes shows first. */
export function shortSummary(request: ApprovalRequest, now: number, decision?: VoteDecision): string {
  const { action, target } = summarise(request.spec.action);
  const { digest, requester, reason } = request.spec;
  const window = (decision === 'BreakGlass' ? breakGlassText(request) : undefined) ?? windowText(request);
  return [
    `${printable(keyOf(request))} (${printable(stateText(request, now))})\n`,
    `  who:    ${printable(requester?.username ?? '<unknown>')}\n`,
    `  what:   ${action} on ${target}\n`,
    ...contentLines(request.spec),
    `  why:    ${printable(reason ?? '(no reason given)')}\n`,
    ...(window === undefined ? [] : [`  grants: ${window}\n`]),
    `  digest: ${printable(shortDigest(digest ?? '(none)'))}\n`,
    `  all:    kubectl sallyport show ${printable(keyOf(request))}\n`,
    warningLines(warningsOf(request)),
  ].join('');
}

/** A write is more than its verb: what changes stands under it, as far as a few lines go. */
function contentLines({ action, policies }: RequestSpec): string[] {
  if (action.operation === 'CONNECT') return [];
  const lines = actionLines(action, ignorePathsOf(policies ?? [])).slice(action.targetUID === undefined ? 2 : 3);
  const more = lines.length - SUMMARY_LINES;
  return [...lines.slice(0, SUMMARY_LINES), ...(more > 0 ? [`… and ${more} lines more`] : [])].map(
    (line) => `    ${line}\n`,
  );
}

/** What fits beside a question; the whole is one command away. */
const SUMMARY_LINES = 24;

export function keyOf({ metadata }: ApprovalRequest): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}

/** `Pending (0/1), until 10:15:00 UTC (in 15m)`. */
function stateText(request: ApprovalRequest, now: number): string {
  const { status } = request;
  const approvals = status?.approvals === undefined ? '' : ` (${status.approvals})`;
  const used = usedText(request);
  const until = ENDED.has(stateOf(request))
    ? `, ended ${relativeTime(status?.endedAt, now)}`
    : `, until ${deadlineText(status?.expiresAt, now)}`;
  return `${stateOf(request)}${approvals}${used === undefined ? '' : `, ${used}`}${until}`;
}

function stateLines(request: ApprovalRequest, now: number, paint: Paint): string[] {
  const created = request.metadata.creationTimestamp;
  const last = request.status?.conditions?.find((condition) => condition.type === stateOf(request));
  return [
    paint(styleOf(stateOf(request)), printable(stateText(request, now))),
    ...(last === undefined ? [] : [printable(`${last.reason}: ${last.message}`)]),
    printable(`asked ${created ?? '<unknown>'} (${relativeTime(created, now)})`),
  ];
}

function whoLines({ spec: { requester } }: ApprovalRequest): string[] {
  if (requester === undefined) return ['<unknown>: Sallyport has not stamped the requester'];
  const { username, person, owner } = requester;
  return [
    `User:       ${printable(username)}`,
    ...(person === undefined || person === username ? [] : [`Person:     ${printable(person)}`]),
    ...(owner === undefined ? [] : [`Owner:      ${printable(owner)}`]),
    `Groups:     ${printable((requester.groups ?? []).join(', ') || '(none)')}`,
    `Class:      ${requester.class ?? '<unknown>'}`,
  ];
}

function whyLines(request: ApprovalRequest): string[] {
  const { reason, ticket, duration } = request.spec;
  const broken = breakGlassReason(request);
  return [
    ...(reason === undefined ? ['(no reason given)'] : ['Reason:', ...quotedLines(reason)]),
    ...(broken === undefined ? [] : ['Break-glass:', ...quotedLines(broken)]),
    ...(ticket === undefined ? [] : [`Ticket:     ${printable(ticket)}`]),
    ...(duration === undefined ? [] : [`Duration:   ${printable(duration)}`]),
  ];
}

function digestLines(request: ApprovalRequest): string[] {
  const check = checkDigest(request);
  switch (check.type) {
    case 'Missing':
      return ['(none)'];
    case 'Matches':
      return [`${shortDigest(check.digest)}: it is that of what is shown above`, check.digest];
    case 'NotChecked':
      return [`${printable(shortDigest(check.digest))}: not checked, part of it is not kept`, printable(check.digest)];
    case 'Mismatch':
      return [
        `${printable(shortDigest(check.digest))}: IT IS NOT THAT OF WHAT IS SHOWN ABOVE`,
        `${printable(check.digest)} in the request`,
        `${check.computed} of what is shown`,
      ];
  }
}

function nextSteps(request: ApprovalRequest): string {
  const { digest } = request.spec;
  return acknowledgeStep(request) + decideSteps(request, digest);
}

function acknowledgeStep(request: ApprovalRequest): string {
  if (!isUnacknowledged(request.status)) return '';
  return `\nTo say that you have looked at this break-glass use:\n  kubectl sallyport acknowledge ${printable(keyOf(request))}\n`;
}

function decideSteps(request: ApprovalRequest, digest: string | undefined): string {
  if (digest === undefined || stateOf(request) !== 'Pending') return '';
  const key = printable(keyOf(request));
  const approve =
    checkDigest(request).type === 'Mismatch'
      ? ''
      : `\nTo approve what is shown here, and nothing else:\n  kubectl sallyport approve ${key} --digest ${printable(digest)}\n`;
  return `${approve}\nTo refuse it:\n  kubectl sallyport deny ${key} -r REASON\n`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['none'] : lines;
}
