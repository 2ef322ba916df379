import type { types } from '@slack/bolt';
import type { ApprovalRequest } from '../../core/api/kinds.ts';
import { utcText } from '../../core/api/utc-text.ts';
import { ENDED } from '../../core/approval/approval-state.ts';
import { neededAssurance } from '../../core/approval/assurance.ts';
import type { Notice } from '../../core/notice/notice.ts';
import { shortened } from '../../core/notice/notice-limits.ts';
import { actionsBlock, type Audience } from './blocks-actions.ts';
import { context, escapeMrkdwn, header, piece, preformatted, richText } from './blocks-text.ts';

/** What `chat.postMessage` and `chat.update` take. */
export interface SlackMessage {
  /** For notifications and screen readers; Slack shows the blocks. */
  readonly text: string;
  readonly blocks: types.KnownBlock[];
}

/** Slack refuses a message whose blocks hold more than about 13,000 characters together. */
const FACT_LIMIT = 350;
const MOST_FACTS = 16;
const MOST_WARNINGS = 5;
const MOST_HISTORY = 6;
const HISTORY_LIMIT = 250;

const SIGNS: Readonly<Record<Notice['state'], string>> = {
  Pending: '◔',
  Approved: '✔',
  Denied: '✘',
  Expired: '◌',
  Consumed: '☑',
  Revoked: '↶',
  Cancelled: '✖',
};

const STATE_TEXTS: Readonly<Record<Notice['state'], string>> = {
  Pending: 'waits for approval',
  Approved: 'approved',
  Denied: 'denied',
  Expired: 'expired',
  Consumed: 'used',
  Revoked: 'revoked',
  Cancelled: 'withdrawn',
};

/** One message about one request, as it stands. Pure; within Block Kit's limits whatever the request holds. */
export function slackMessage(request: ApprovalRequest, notice: Notice, audience: Audience): SlackMessage {
  const actions = actionsBlock(request, notice, audience);
  return {
    text: escapeMrkdwn(`${SIGNS[notice.state]} ${notice.title} (${STATE_TEXTS[notice.state]})`),
    blocks: [
      header(`${SIGNS[notice.state]} ${notice.title}`),
      ...noticeBlocks(notice, { facts: FACT_LIMIT, history: MOST_HISTORY }),
      ...(actions === undefined ? [] : [actions]),
      ...footer(request, notice, audience),
    ],
  };
}

/** The body of a notice: its outcome, warnings, facts, content and history. */
export function noticeBlocks(
  notice: Notice,
  limits: { readonly facts: number; readonly history: number },
): types.KnownBlock[] {
  const { warnings, facts, content } = notice;
  const outcome = outcomeOf(notice);
  return [
    ...(outcome === undefined ? [] : [richText([piece(outcome, true)])]),
    ...(warnings.length === 0 ? [] : [warningsBlock(warnings)]),
    factsBlock(facts, limits.facts),
    ...(content === undefined ? [] : [preformatted(content.text)]),
    ...(content?.omitted === undefined ? [] : [context([`✂ ${content.omitted}`])]),
    ...historyBlocks(notice, limits.history),
  ];
}

/** Who ended it and when, which takes the place of the buttons. */
function outcomeOf({ state, history }: Notice): string | undefined {
  if (state === 'Pending') return undefined;
  // That all uses are taken is told after the use itself, which says by whom.
  const used = state === 'Consumed' ? history.findLast(({ text }) => text.startsWith('used by ')) : undefined;
  const last = used ?? history.at(-1);
  const known = last === undefined ? STATE_TEXTS[state] : `${last.text}, ${timeText(last.at)}`;
  return `${SIGNS[state]} ${capitalised(shortened(known, HISTORY_LIMIT))}`;
}

function warningsBlock(warnings: readonly string[]): types.KnownBlock {
  const more = warnings.length - MOST_WARNINGS;
  const lines = [...warnings.slice(0, MOST_WARNINGS), ...(more > 0 ? [`and ${more} more: see Details`] : [])];
  return richText(lines.map((line, index) => piece(`${index === 0 ? '' : '\n'}⚠ ${line}`, true)));
}

function factsBlock(facts: Notice['facts'], limit: number): types.KnownBlock {
  const lines = facts
    .slice(0, MOST_FACTS)
    .flatMap(({ label, text }, index) => [
      piece(`${index === 0 ? '' : '\n'}${label}: `, true),
      piece(shortened(text, limit)),
    ]);
  return richText(lines.length === 0 ? [piece('nothing is known of it')] : lines);
}

function historyBlocks({ history }: Notice, most: number): types.KnownBlock[] {
  if (history.length === 0) return [];
  const more = history.length - most;
  const lines = history.slice(-most).map(({ at, text }) => `${timeText(at)}  ${shortened(text, HISTORY_LIMIT)}`);
  return [context([...(more > 0 ? [`… ${more} earlier events`] : []), ...lines])];
}

function footer(request: ApprovalRequest, notice: Notice, audience: Audience): types.KnownBlock[] {
  const { namespace = '', name } = request.metadata;
  const reference = `${namespace}/${name}`;
  const isAsked = audience === 'Approvers' && notice.state === 'Pending';
  const elsewhere =
    !isAsked || neededAssurance(request.spec.policies ?? []) === 'Any'
      ? []
      : [`Its policy wants more than a click in Slack. Approve with: kubectl sallyport approve ${reference}`];
  const lines = [...elsewhere, ...(ENDED.has(notice.state) ? [] : [`kubectl sallyport show ${reference}`])];
  const { link } = notice;
  return [
    ...(lines.length === 0 ? [] : [context(lines)]),
    ...(link === undefined ? [] : [richText([{ type: 'link', url: link, text: 'Open in the console' }])]),
  ];
}

export function timeText(time: string): string {
  return utcText(time) ?? 'at an unknown time';
}

function capitalised(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
