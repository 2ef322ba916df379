import type { ApprovalRequest, CountedVote } from '../api/kinds.ts';
import { stateOf, ENDED } from '../approval/approval-state.ts';
import { escalationText } from '../approval/escalation.ts';
import type { Notice } from './notice.ts';
import { type NoticeLimits, onOneLine, SENTENCE_LIMIT, shortened } from './notice-limits.ts';

type Entry = Notice['history'][number];

/** What happened so far, oldest first. Of a long story its beginning is left out, which the first entry says. */
export function noticeHistory(request: ApprovalRequest, limits: NoticeLimits): Entry[] {
  const entries = [
    ...asked(request),
    ...escalations(request),
    ...votes(request),
    ...approved(request),
    ...uses(request),
    ...ended(request),
  ]
    .map((entry, index) => ({ ...entry, index }))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.index - b.index)
    .map(({ at, text }) => ({ at, text: shortened(text, SENTENCE_LIMIT) }));
  const more = entries.length - limits.history;
  const first = entries[more];
  return more <= 0 || first === undefined
    ? entries
    : [{ at: first.at, text: `… ${more} earlier events` }, ...entries.slice(more)];
}

function asked({ metadata, spec }: ApprovalRequest): Entry[] {
  const at = metadata.creationTimestamp;
  return at === undefined ? [] : [{ at, text: `asked by ${spec.requester?.username ?? '<unknown>'}` }];
}

function escalations({ spec, status }: ApprovalRequest): Entry[] {
  return (status?.stages ?? []).flatMap((entry) =>
    entry.escalatedAt === undefined
      ? []
      : [{ at: entry.escalatedAt, text: `escalated: ${escalationText(spec.policies ?? [], entry)}` }],
  );
}

function votes({ status }: ApprovalRequest): Entry[] {
  return (status?.votes ?? []).map((vote) => ({ at: vote.at, text: voteText(vote) }));
}

function voteText({ decision, username, person, via, reason }: CountedVote): string {
  const who = person === username ? username : `${person} (${username})`;
  return `${DEEDS[decision]} by ${who} via ${via}${reason === undefined ? '' : `: ${onOneLine(reason)}`}`;
}

const DEEDS: Readonly<Record<CountedVote['decision'], string>> = {
  Approve: 'approved',
  Deny: 'denied',
  Revoke: 'revoked',
  Cancel: 'cancelled',
  BreakGlass: 'glass broken',
  Acknowledge: 'break-glass use acknowledged',
};

/** The quorum, which no vote alone tells. */
function approved({ status }: ApprovalRequest): Entry[] {
  const condition = status?.conditions?.find(({ type, status: is }) => type === 'Approved' && is === 'True');
  return condition === undefined || condition.reason === 'BreakGlass'
    ? []
    : [{ at: condition.lastTransitionTime, text: 'all approvals are there' }];
}

function uses({ status }: ApprovalRequest): Entry[] {
  return (status?.uses ?? []).map(({ at, username, summary, givenBack }) => ({
    at,
    text: `used by ${username}${summary === undefined ? '' : `: ${summary}`}${givenBack === undefined ? '' : ` (given back: ${givenBack.code})`}`,
  }));
}

/** Its votes tell of the other endings. */
function ended(request: ApprovalRequest): Entry[] {
  const state = stateOf(request);
  const condition = request.status?.conditions?.find(({ type }) => type === state);
  const at = request.status?.endedAt ?? condition?.lastTransitionTime;
  if (!ENDED.has(state) || at === undefined) return [];
  const voted = request.status?.votes?.some(({ decision }) => ENDING[decision] === state) === true;
  return voted
    ? []
    : [{ at, text: `${state.toLowerCase()}${condition === undefined ? '' : `: ${condition.message}`}` }];
}

const ENDING: Readonly<Partial<Record<CountedVote['decision'], string>>> = {
  Deny: 'Denied',
  Revoke: 'Revoked',
  Cancel: 'Cancelled',
};
