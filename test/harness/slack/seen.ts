import type { Block, Blocks, Button } from './block-kit.ts';

/** A button as people find it: by its label, or by its action id. */
export function findButton(
  blocks: Blocks,
  labelOrAction: string,
): { readonly block: Block; readonly button: Button } | undefined {
  for (const block of blocks)
    for (const button of buttonsOf(block))
      if (button.text.text === labelOrAction || button.action_id === labelOrAction) return { block, button };
  return undefined;
}

/** The labels of the buttons of a message. */
export function buttonLabels(blocks: Blocks): string[] {
  return blocks.flatMap(buttonsOf).map(({ text }) => text.text);
}

function buttonsOf(block: Block): Button[] {
  if (block.type === 'actions') return block.elements;
  return block.type === 'section' && block.accessory !== undefined ? [block.accessory] : [];
}

/** Every text of a message, as people read it: with entities of `mrkdwn` decoded, a line each. */
export function visibleText(blocks: Blocks): string {
  return blocks.flatMap(textsOf).join('\n');
}

function textsOf(block: Block): string[] {
  switch (block.type) {
    case 'header':
      return [block.text.text];
    case 'section':
      return [...(block.text === undefined ? [] : [block.text]), ...(block.fields ?? [])].map(decoded);
    case 'context':
      return block.elements.map(decoded);
    case 'rich_text':
      return block.elements.map(({ elements }) =>
        elements.map((piece) => (piece.type === 'text' ? piece.text : (piece.text ?? piece.url))).join(''),
      );
    case 'input':
      return [block.label.text];
    case 'actions':
    case 'divider':
      return [];
  }
}

function decoded({ type, text }: { readonly type: string; readonly text: string }): string {
  return type === 'mrkdwn' ? decodeEntities(text) : text;
}

export function decodeEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/**
 * What Slack makes more of than text in `mrkdwn` (docs.slack.dev/messaging/formatting-message-text): mentions and links
 * in angle brackets, bold, italics, strikes and code. Plain text and the pieces of `rich_text` are never parsed.
 */
export function markup(mrkdwn: string): string[] {
  return [
    ...mrkdwn.matchAll(/<[^<>]*>/g),
    ...mrkdwn.matchAll(/(?<![\w\u2060])([*_~])(?=\S)[^\n]*?(?<=[^\s\u2060])\1(?!\w)/g),
    ...mrkdwn.matchAll(/(?<!\u2060)`[^\n]*?(?<!\u2060)`/g),
  ].map(([match]) => match);
}

/** All `mrkdwn` of a message, its notification text included. */
export function mrkdwnOf(message: { readonly text: string; readonly blocks: Blocks }): string[] {
  return [message.text, ...message.blocks.flatMap(mrkdwnTexts)];
}

function mrkdwnTexts(block: Block): string[] {
  const texts =
    block.type === 'section'
      ? [...(block.text === undefined ? [] : [block.text]), ...(block.fields ?? [])]
      : block.type === 'context'
        ? block.elements
        : [];
  const confirmed = buttonsOf(block).flatMap(({ confirm }) => (confirm === undefined ? [] : [confirm.text]));
  return [...texts, ...confirmed].flatMap(({ type, text }) => (type === 'mrkdwn' ? [text] : []));
}
