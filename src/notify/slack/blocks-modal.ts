import type { types } from '@slack/bolt';
import { cut } from '../../core/api/cut.ts';
import type { VoteDecision } from '../../core/api/kinds.ts';
import type { Notice } from '../../core/notice/notice.ts';
import { noticeBlocks } from './blocks.ts';
import { plain, preformatted, richText, section, piece, TEXT_LIMIT } from './blocks-text.ts';

export const REASON_VIEW = 'sallyport_reason';
export const REASON_BLOCK = 'sallyport_reason_block';
export const REASON_INPUT = 'sallyport_reason_input';

/** Of `spec.reason` of an ApprovalVote. */
export const REASON_LIMIT = 2_048;

/** Of the content in the details: three texts of Slack's. */
export const DETAILS_CONTENT = 3 * 2_800;
export const DETAILS_LINES = 400;

interface ReasonWords {
  readonly title: string;
  readonly submit: string;
  readonly text: string;
}

/** docs.slack.dev/reference/views/modal-views: titles and labels of at most 24 characters. */
const WORDS: Readonly<Partial<Record<VoteDecision, ReasonWords>>> = {
  Deny: { title: 'Deny', submit: 'Deny', text: 'The requester reads why.' },
  Revoke: { title: 'Revoke the approval', submit: 'Revoke', text: 'What was not used yet cannot be used any more.' },
  BreakGlass: {
    title: 'Break the glass',
    submit: 'Break the glass',
    text: 'You go ahead without approval. Everybody is told, and somebody has to review it afterwards.',
  },
  Acknowledge: { title: 'Review', submit: 'Reviewed', text: 'What you found of this use without approval.' },
};

/** Asks for the reason of an act. `metadata` comes back with the answer. */
export function reasonView(decision: VoteDecision, title: string, metadata: string): types.ModalView {
  const words = WORDS[decision] ?? { title: decision, submit: decision, text: '' };
  return {
    type: 'modal',
    callback_id: REASON_VIEW,
    private_metadata: metadata,
    title: plain(words.title, 24),
    submit: plain(words.submit, 24),
    close: plain('Back', 24),
    blocks: [
      section(title),
      section(words.text),
      {
        type: 'input',
        block_id: REASON_BLOCK,
        label: plain('Reason', 24),
        element: {
          type: 'plain_text_input',
          action_id: REASON_INPUT,
          multiline: true,
          min_length: 1,
          max_length: REASON_LIMIT,
        },
      },
    ],
  };
}

/** All that a notice holds, with more of the content than a message has. */
export function detailsView(notice: Notice): types.ModalView {
  const { content, ...rest } = notice;
  return {
    type: 'modal',
    title: plain('Details', 24),
    close: plain('Close', 24),
    blocks: [
      section(notice.title),
      ...noticeBlocks(rest, { facts: 800, history: 20 }),
      ...(content === undefined ? [] : pages(content.text).map(preformatted)),
      ...(content?.omitted === undefined ? [] : [richText([piece(`✂ ${content.omitted}`, true)])]),
    ],
  };
}

/** Parts of a text that each fit into one of Slack's, never cut inside a character. */
function pages(text: string): string[] {
  const found: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const page = cut(rest, TEXT_LIMIT - 200);
    found.push(page);
    rest = rest.slice(page.length);
  }
  return found;
}
