import { cut } from '../api/cut.ts';
import { printable } from '../attributes/printable.ts';

/** How much of a request a notice holds: it is read on a telephone, and Slack takes 3,000 characters a text. */
export interface NoticeLimits {
  /** Characters of the content. */
  readonly content: number;
  readonly contentLines: number;
  /** Characters of one argument or value: one that is longer must not hide the others. */
  readonly part: number;
  /** Arguments, changes and scalars looked at: more would not fit, and YAML of megabytes takes seconds. */
  readonly parts: number;
  /** Characters of one fact, such as the reason. */
  readonly fact: number;
  /** Entries of the history, the newest. */
  readonly history: number;
}

export const NOTICE_LIMITS: NoticeLimits = {
  content: 2_400,
  contentLines: 40,
  part: 600,
  parts: 400,
  fact: 800,
  history: 20,
};

/** Slack's headings take 150. */
export const TITLE_LIMIT = 150;

/** Characters of an entry of the history, and of a warning. */
export const SENTENCE_LIMIT = 400;

/** Printable, and no longer than `limit` and a note of how much more there is. */
export function shortened(text: string, limit: number): string {
  // What cannot appear is not made printable first: six characters stand for one.
  const clean = printable(cut(text, limit + 1));
  if (clean.length <= limit && text.length <= limit) return clean;
  const kept = cut(clean, limit);
  return `${kept}… (cut, of ${figure(text.length)} characters)`;
}

/** Whether that leaves something out: a hidden character takes more room than it had. */
export function isShortened(text: string, limit: number): boolean {
  return text.length > limit || printable(text).length > limit;
}

/** `12,345`, in every locale. */
export function figure(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A text of several lines where one line is shown. */
export function onOneLine(text: string): string {
  return text.trim().replaceAll(/\r?\n/g, ' ⏎ ');
}
