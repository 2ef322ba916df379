import type { types } from '@slack/bolt';
import { cut } from '../../core/api/cut.ts';
import { HIDDEN } from '../../core/attributes/printable.ts';

/** A text object: docs.slack.dev/reference/block-kit/composition-objects/text-object. */
export const TEXT_LIMIT = 3_000;
/** docs.slack.dev/reference/block-kit/blocks/header-block */
const HEADER_LIMIT = 150;

const KEEPS_LINES = true;

type RichText = types.RichTextBlock;
type Piece = types.RichTextSection['elements'][number];

/**
 * Text that Slack does not parse. Everything that comes from outside is shown by this or by `rich_text`, whose pieces are
 * not parsed either: no name, reason or command can make a mention, a link or a code block end, and none has to be changed
 * to prevent that.
 */
export function plain(text: string, limit: number, keepsLines = false): types.PlainTextElement {
  return { type: 'plain_text', text: cutTo(visible(text, keepsLines), limit), emoji: false };
}

export function header(text: string): types.HeaderBlock {
  return { type: 'header', text: plain(text, HEADER_LIMIT) };
}

export function section(text: string): types.SectionBlock {
  return { type: 'section', text: plain(text, TEXT_LIMIT) };
}

/** Small and grey, a line each. */
export function context(lines: readonly string[]): types.ContextBlock {
  const text = lines.map((line) => visible(line)).join('\n');
  return { type: 'context', elements: [plain(text, TEXT_LIMIT, KEEPS_LINES)] };
}

export function richText(pieces: readonly Piece[]): RichText {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [...pieces] }] };
}

export function preformatted(text: string): RichText {
  const elements: types.RichTextText[] = [{ type: 'text', text: cutTo(visible(text, KEEPS_LINES), TEXT_LIMIT) }];
  return { type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements }] };
}

export function piece(text: string, bold = false): Piece {
  const shown = cutTo(visible(text, KEEPS_LINES), TEXT_LIMIT);
  return bold ? { type: 'text', text: shown, style: { bold } } : { type: 'text', text: shown };
}

/**
 * For the notification text of a message, the one place that Slack always parses: its three entities
 * (docs.slack.dev/messaging/formatting-message-text), and a word joiner before each mark, which keeps it from pairing.
 */
export function escapeMrkdwn(text: string): string {
  return visible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[*_~`]/g, '\u{2060}$&\u{2060}');
}

/** Slack refuses an empty text, and one of spaces. */
function cutTo(text: string, limit: number): string {
  const short = text.length <= limit ? text : `${cut(text, limit - 1)}…`;
  return short.trim() === '' ? '-' : short;
}

/** Notices are printable already; whatever is not is made so here, since a hidden character changes what people read. */
function visible(text: string, keepsLines = false): string {
  return text.replaceAll(HIDDEN, (character) =>
    character === '\n' ? (keepsLines ? '\n' : ' ') : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
