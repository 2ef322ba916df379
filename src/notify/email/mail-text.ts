import type { AlarmNotice } from '../../core/evidence/alarm-notice.ts';
import type { Notice } from '../../core/notice/notice.ts';
import type { Delivery } from '../channel.ts';
import { headlineOf, noLinkVotes } from '../headline.ts';

/** What somebody reads. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export function requestMail(delivery: Delivery): Mail {
  return { subject: subjectOf(delivery), text: plainText(delivery), html: htmlText(delivery) };
}

/** The same for every mail about a request, so that mail programs keep them together. */
export function subjectOf({ notice, handle }: Delivery): string {
  // A line end would begin a header of its own (CWE-93). The library encodes it; nothing of it gets there.
  return `${handle === undefined ? '' : 'Re: '}[Sallyport] ${notice.title}`.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

export function plainText({ notice, occasions, request }: Delivery): string {
  return [
    `${headlineOf(occasions)}: ${notice.title}`,
    ...section(notice.warnings.map((warning) => `!!! ${warning}`)),
    ...section(notice.facts.map(({ label, text }) => `${label}: ${text}`)),
    ...section(contentLines(notice)),
    ...section(notice.history.map(({ at, text }) => `${at} ${text}`)),
    ...(notice.link === undefined ? [] : section([notice.link])),
    ...section([noLinkVotes({ notice, request })]),
    '',
  ].join('\n');
}

/** No image, no script, no style sheet, no form: nothing is fetched, and nothing acts. */
export function htmlText({ notice, occasions, request }: Delivery): string {
  const { link, content } = notice;
  const rows = notice.facts.map(
    ({ label, text }) =>
      `<tr><td style="padding:2px 12px 2px 0;vertical-align:top">${escapeHtml(label)}</td><td>${escapeHtml(text)}</td></tr>`,
  );
  return [
    '<!doctype html><html><head><meta charset="utf-8"></head><body>',
    `<h2>${escapeHtml(headlineOf(occasions))}</h2><p><b>${escapeHtml(notice.title)}</b></p>`,
    ...notice.warnings.map((warning) => `<p style="color:#b00020"><b>${escapeHtml(warning)}</b></p>`),
    `<table>${rows.join('')}</table>`,
    content === undefined
      ? ''
      : `<pre style="background:#f4f4f4;padding:8px;white-space:pre-wrap">${escapeHtml(content.text)}</pre>${content.omitted === undefined ? '' : `<p>${escapeHtml(content.omitted)}</p>`}`,
    `<ul>${notice.history.map(({ at, text }) => `<li>${escapeHtml(`${at} ${text}`)}</li>`).join('')}</ul>`,
    link === undefined ? '' : `<p><a href="${escapeHtml(link)}">Look at the request in the console</a></p>`,
    `<p>${escapeHtml(noLinkVotes({ notice, request }))}</p>`,
    '</body></html>',
  ].join('\n');
}

/** A mail about alarms. Its subject holds nothing that others chose. */
export function alarmMail({ title, examples, omitted, facts, link }: AlarmNotice): Mail {
  const lines = [...examples, ...(omitted === undefined ? [] : [omitted])];
  const rows = facts.map(({ label, text }) => `<li>${escapeHtml(`${label}: ${text}`)}</li>`);
  return {
    subject: `[Sallyport] ${title}`,
    text: [
      title,
      ...section(lines),
      ...section(facts.map(({ label, text }) => `${label}: ${text}`)),
      ...(link === undefined ? [] : section([link])),
      '',
    ].join('\n'),
    html: [
      '<!doctype html><html><head><meta charset="utf-8"></head><body>',
      `<h2 style="color:#b00020">${escapeHtml(title)}</h2>`,
      ...lines.map((line) => `<p>${escapeHtml(line)}</p>`),
      `<ul>${rows.join('')}</ul>`,
      link === undefined ? '' : `<p><a href="${escapeHtml(link)}">Look at the alarms in the console</a></p>`,
      '</body></html>',
    ].join('\n'),
  };
}

function contentLines({ content }: Notice): string[] {
  if (content === undefined) return [];
  return [
    ...content.text.split('\n').map((line) => `  | ${line}`),
    ...(content.omitted === undefined ? [] : [content.omitted]),
  ];
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
