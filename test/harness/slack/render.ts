import type { Block, Blocks, Button, ModalView } from './block-kit.ts';
import { decodeEntities } from './seen.ts';
import { RENDER_STYLE } from './render-style.ts';

/** A channel as its people see it: Block Kit as HTML, in the likeness of Slack. What is text stays text. */
export interface RenderedPost {
  readonly time: string;
  readonly blocks: Blocks;
  /** Texts of the thread under it. */
  readonly thread?: readonly Blocks[];
  /** Seen by the reader only. */
  readonly ephemeral?: string;
}

export function renderChannel(name: string, posts: readonly RenderedPost[]): string {
  return page(`<main><h1># ${escape(name)}</h1>${posts.map(post).join('')}</main>`);
}

export function renderModal({ title, blocks, submit, close }: ModalView): string {
  const buttons = [close, submit].flatMap((label, index) =>
    label === undefined ? [] : [`<button class="${index === 1 ? 'primary' : ''}">${escape(label.text)}</button>`],
  );
  return page(
    `<main class="modal"><h2>${escape(title.text)}</h2>${blocks.map(block).join('')}<footer>${buttons.join('')}</footer></main>`,
  );
}

function post({ time, blocks, thread = [], ephemeral }: RenderedPost): string {
  const replies = thread.map((reply) => `<div class="reply">${reply.map(block).join('')}</div>`).join('');
  const only = ephemeral === undefined ? '' : `<p class="only">👁 Only visible to you<br>${escape(ephemeral)}</p>`;
  return `<article><div class="face">S</div><div class="body"><p class="who"><b>Sallyport</b> <i>APP</i> <time>${escape(time)}</time></p>${blocks.map(block).join('')}${replies}${only}</div></article>`;
}

function block(of: Block): string {
  switch (of.type) {
    case 'header':
      return `<h3>${escape(of.text.text)}</h3>`;
    case 'section':
      return [...(of.text === undefined ? [] : [of.text]), ...(of.fields ?? [])]
        .map((each) => `<p>${lines(each)}</p>`)
        .join('');
    case 'context':
      return `<p class="context">${of.elements.map(lines).join(' ')}</p>`;
    case 'divider':
      return '<hr>';
    case 'actions':
      return `<div class="actions">${of.elements.map(button).join('')}</div>`;
    case 'rich_text':
      return of.elements.map(richElement).join('');
    case 'input':
      return `<label>${escape(of.label.text)}<textarea rows="4"></textarea></label>`;
  }
}

function richElement({ type, elements }: Extract<Block, { type: 'rich_text' }>['elements'][number]): string {
  const pieces = elements.map((each) => {
    if (each.type === 'link') return `<a>${escape(each.text ?? each.url)}</a>`;
    return each.style?.bold === true ? `<b>${escape(each.text)}</b>` : escape(each.text);
  });
  const tag = type === 'rich_text_preformatted' ? 'pre' : type === 'rich_text_quote' ? 'blockquote' : 'p';
  return `<${tag}>${pieces.join('')}</${tag}>`;
}

function button({ text, style, url }: Button): string {
  return `<button class="${style ?? ''}">${escape(text.text)}${url === undefined ? '' : ' ↗'}</button>`;
}

function lines({ type, text }: { readonly type: string; readonly text: string }): string {
  return escape(type === 'mrkdwn' ? decodeEntities(text) : text);
}

function page(body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>Slack</title><style>${RENDER_STYLE}</style></head><body>${body}</body></html>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
