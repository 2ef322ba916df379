import { styleText } from 'node:util';
import type { State } from '../core/api/kinds.ts';

/** `--color`. */
export const COLOURS = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof COLOURS)[number];

/** What a colour says; the words say it too. */
export type Style = 'waiting' | 'good' | 'bad' | 'over';

/** Adds colour to a text that holds no escapes of its own: whoever paints has made it printable before. */
export type Paint = (style: Style, text: string) => string;

export const PLAIN: Paint = (_, text) => text;

const FORMATS = { waiting: 'yellow', good: 'green', bad: 'red', over: 'dim' } as const;

/** @param onTerminal whether the output would be shown in colour by itself */
export function paintFor(choice: ColourChoice, onTerminal: boolean): Paint {
  if (choice === 'never' || (choice === 'auto' && !onTerminal)) return PLAIN;
  return (style, text) => styleText(FORMATS[style], text, { validateStream: false });
}

export function styleOf(state: State): Style {
  switch (state) {
    case 'Pending':
      return 'waiting';
    case 'Approved':
      return 'good';
    case 'Denied':
    case 'Revoked':
      return 'bad';
    case 'Consumed':
    case 'Expired':
    case 'Cancelled':
      return 'over';
  }
}
