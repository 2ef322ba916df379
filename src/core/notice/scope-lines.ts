import type { Action } from '../api/kinds.ts';

/** What an approval of a scope covers, in words, without indentation. Nothing here is the requester's text. */
export function scopeLines(action: Action): string[] {
  return [
    `Scope:      ${scopeText(action)}`,
    ...(action.exec === undefined
      ? []
      : [
          `Streams:    ${action.interactive === true ? 'any: stdin, terminals and shells too' : 'no stdin, no terminal, no shell'}`,
        ]),
  ];
}

/** In one sentence. */
export function scopeText(action: Action): string {
  return `not one action, but ${whatever(action)}`;
}

function whatever({ operation, subresource, exec }: Action): string {
  if (exec?.command !== undefined)
    return 'any command that begins with these words, in this container of any pod of this name';
  if (operation === 'CONNECT') return `any ${subresource ?? 'connection'} to whatever has this name`;
  return `any ${operation.toLowerCase()} of whatever has this name, with any content`;
}
