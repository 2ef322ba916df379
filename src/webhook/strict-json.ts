import { scanJson } from './scan-json.ts';

export type StrictJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/**
 * JSON.parse for input that decides something: refuses what two parsers could read differently (RFC 8259 §4, §6, §8.2):
 * a key that stands twice, an integer beyond 2^53, half a surrogate pair; and what is too deep or too much.
 *
 * A key stands twice where the text has more members than the value that JSON.parse makes of it: it keeps one of each key.
 *
 * @param bytes the text as UTF-8: they are many times faster to look at one by one
 */
export function parseStrictJson(text: string, bytes: Uint8Array = Buffer.from(text)): StrictJson {
  const scanned = scanJson(bytes);
  if (scanned.problem !== undefined) return { ok: false, problem: scanned.problem };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'not JSON' };
  }
  if (membersOf(value) !== scanned.members) return { ok: false, problem: 'a key stands twice in one object' };
  return scanned.surrogates && holdsHalfAPair(value)
    ? { ok: false, problem: 'a string holds half a surrogate pair' }
    : { ok: true, value };
}

/** Members of all objects in a value. Recursive, as deep as the scan lets through. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[])
      if (typeof item === 'object' && item !== null) members += membersOf(item);
    return members;
  }
  // What JSON.parse makes inherits no enumerable key, and for…in is several times faster than Object.keys.
  for (const key in value) {
    members += 1;
    const member: unknown = (value as Record<string, unknown>)[key];
    if (typeof member === 'object' && member !== null) members += membersOf(member);
  }
  return members;
}

/** JSON.stringify writes half a pair, and nothing else, as a \ud800 to \udfff escape. */
function holdsHalfAPair(value: unknown): boolean {
  return /\\ud[89a-f]/.test(JSON.stringify(value).replaceAll('\\\\', ''));
}
