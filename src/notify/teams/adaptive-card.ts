import type { AlarmNotice } from '../../core/evidence/alarm-notice.ts';
import type { Notice } from '../../core/notice/notice.ts';
import type { Delivery } from '../channel.ts';
import { headlineOf, noLinkVotes } from '../headline.ts';

/** Workflows take 28 KB a message: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors */
export const CARD_BYTES = 28 * 1024;

/** What a notice of alarms holds fits in any case. */
export function alarmCard({ title, examples, omitted, facts, link }: AlarmNotice): string {
  return JSON.stringify(
    envelope({
      ...CARD,
      body: [
        block(title, { weight: 'Bolder', size: 'Medium', color: 'Attention' }),
        ...examples.map((example) => block(example, {})),
        ...(omitted === undefined ? [] : [block(omitted, { isSubtle: true })]),
        factSet(facts, 1),
      ],
      ...openLink(link),
    }),
  );
}

/** Adaptive Cards 1.4 as a workflow's webhook takes them. */
export function teamsMessage(delivery: Delivery): string {
  // Half as much each time: escapes and other alphabets take several bytes a character.
  for (let share = 1; share > 1 / 64; share /= 2) {
    const text = JSON.stringify(message(delivery, share));
    if (Buffer.byteLength(text) <= CARD_BYTES) return text;
  }
  return JSON.stringify(message(delivery, 0));
}

function message(delivery: Delivery, share: number): object {
  return envelope(card(delivery, share));
}

function envelope(content: object): object {
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] };
}

const CARD = {
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
  type: 'AdaptiveCard',
  version: '1.4',
};

function openLink(link: string | undefined): object {
  return link === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open in the console', url: link }] };
}

/** It reads Markdown in its values too. */
function factSet(facts: Notice['facts'], share: number): object {
  return {
    type: 'FactSet',
    facts: facts.map(({ label, text }) => ({
      title: escapeMarkdown(label),
      value: escapeMarkdown(cutTo(text, share)),
    })),
  };
}

function card({ notice, occasions, request }: Delivery, share: number): object {
  const { link } = notice;
  return {
    ...CARD,
    body: [
      block(headlineOf(occasions), { weight: 'Bolder', size: 'Medium' }),
      block(cutTo(notice.title, share), { weight: 'Bolder' }),
      ...notice.warnings.map((warning) => block(`⚠ ${cutTo(warning, share)}`, { color: 'Attention' })),
      factSet(notice.facts, share),
      ...contentBlocks(notice, share),
      ...notice.history
        .slice(-HISTORY)
        .map(({ at, text }) => block(`${at} ${cutTo(text, share)}`, { size: 'Small', isSubtle: true })),
      block(noLinkVotes({ notice, request }), { size: 'Small', isSubtle: true }),
    ],
    ...openLink(link),
  };
}

/** The newest events; the others are one click away. */
const HISTORY = 6;

function contentBlocks({ content }: Notice, share: number): object[] {
  if (content === undefined) return [];
  const short = cutTo(content.text, share);
  const more = [content.omitted, short === content.text ? undefined : 'cut for Teams'].filter(
    (each) => each !== undefined,
  );
  return [
    block(short, { fontType: 'Monospace' }),
    ...(more.length === 0 ? [] : [block(more.join('; '), { isSubtle: true })]),
  ];
}

function block(text: string, style: object): object {
  // A line end alone is none in Markdown.
  return { type: 'TextBlock', text: escapeMarkdown(text).replaceAll('\n', '\n\n'), wrap: true, ...style };
}

function cutTo(text: string, share: number): string {
  const limit = Math.floor(MOST * share);
  return text.length <= limit ? text : `${text.slice(0, limit).toWellFormed()}…`;
}

/** Characters of the longest text of a notice. */
const MOST = 4096;

/**
 * Markdown of Adaptive Cards: emphasis, links, lists. What somebody chose as a name must not become a link, nor a mention
 * (`<at>`), nor bold.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\*_[\]()#~`>|!{}-]/g, (character) => `\\${character}`)
    .replaceAll('<', '&lt;')
    .replace(/^(\s*\d+)\./gm, '$1\\.');
}
