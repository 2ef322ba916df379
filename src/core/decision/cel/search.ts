import { MAX_NATIVE_COMPARISONS } from './limits.ts';

/**
 * Where `part` begins in `text`, as `indexOf` and `lastIndexOf` of a string say; -1 where it is not found.
 *
 * The engine's own search is quadratic for text such as `aaa…` and a part such as `aa…ba…aa`, and native code cannot be
 * interrupted: whoever may choose both in one object of 3 MB would stop the process for minutes. What could be dear is
 * searched in linear time (Knuth, Morris and Pratt, 1977) and in JavaScript, which the guard can stop.
 */
export function firstIndex(text: string, part: string, from = 0): number {
  return isCheap(text, part) ? text.indexOf(part, from) : search(text, part, from, 'First');
}

/** @param from the last place at which it may begin */
export function lastIndex(text: string, part: string, from = text.length): number {
  return isCheap(text, part)
    ? text.lastIndexOf(part, from)
    : search(text.slice(0, from + part.length), part, 0, 'Last');
}

/** As `text.split(separator, limit)`. */
export function splitAt(text: string, separator: string, limit: number): string[] {
  if (isCheap(text, separator)) return text.split(separator, limit);
  const failure = failureOf(separator);
  const parts: string[] = [];
  let from = 0;
  while (parts.length < limit) {
    const at = search(text, separator, from, 'First', failure);
    parts.push(text.slice(from, at === -1 ? text.length : at));
    if (at === -1) break;
    from = at + separator.length;
  }
  return parts;
}

export function isCheap({ length }: { readonly length: number }, part: { readonly length: number }): boolean {
  // A single character is found in one pass, whatever the text.
  return part.length < 2 || part.length > length || length * part.length <= MAX_NATIVE_COMPARISONS;
}

function search(
  text: string,
  part: string,
  from: number,
  which: 'First' | 'Last',
  failure: Int32Array = failureOf(part),
): number {
  let found = -1;
  let matched = 0;
  for (let at = Math.max(0, from); at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    while (matched > 0 && part.charCodeAt(matched) !== unit) matched = failure[matched - 1] ?? 0;
    if (part.charCodeAt(matched) === unit) matched += 1;
    if (matched < part.length) continue;
    found = at - part.length + 1;
    if (which === 'First') return found;
    matched = failure[matched - 1] ?? 0;
  }
  return found;
}

/** For each beginning of the part, how long the longest of its own beginnings is that it also ends with. */
function failureOf(part: string): Int32Array {
  const failure = new Int32Array(part.length);
  let matched = 0;
  for (let at = 1; at < part.length; at += 1) {
    const unit = part.charCodeAt(at);
    while (matched > 0 && part.charCodeAt(matched) !== unit) matched = failure[matched - 1] ?? 0;
    if (part.charCodeAt(matched) === unit) matched += 1;
    failure[at] = matched;
  }
  return failure;
}
