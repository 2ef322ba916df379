/** Kubernetes objects nest a dozen levels; Go's decoder lets 10,000 through, at which JSON.stringify throws. */
const MAX_DEPTH = 256;
/** 3 MiB of the smallest members; more is an attack on the parser, not an object. */
const MAX_VALUES = 500_000;

export type StrictJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/**
 * JSON.parse for input that decides something: refuses what two parsers could read differently (RFC 8259 §4, §6, §8.2):
 * a key that stands twice, an integer beyond 2^53, half a surrogate pair; and what is too deep or too much.
 */
export function parseStrictJson(text: string): StrictJson {
  const problem = scan(text);
  if (problem !== undefined) return { ok: false, problem };
  try {
    const value: unknown = JSON.parse(text);
    return isWellFormed(text, value)
      ? { ok: true, value }
      : { ok: false, problem: 'a string holds half a surrogate pair' };
  } catch {
    return { ok: false, problem: 'not JSON' };
  }
}

/** JSON.stringify writes half a pair, and nothing else, as a \ud800 to \udfff escape. */
function isWellFormed(text: string, value: unknown): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return true;
  return !/\\ud[89a-f]/.test(JSON.stringify(value).replaceAll('\\\\', ''));
}

/** One pass over the text. It need not find every syntax error: JSON.parse does. */
function scan(text: string): string | undefined {
  const keys: (Set<string> | undefined)[] = [];
  let values = 0;
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      if (end === -1) return 'not JSON';
      const seen = keys.at(-1);
      if (seen !== undefined && isKey(text, end + 1)) {
        const key = unescape(text.slice(at, end + 1));
        if (key === undefined) return 'not JSON';
        if (seen.has(key)) return 'a key stands twice in one object';
        seen.add(key);
      }
      at = end + 1;
      values += 1;
    } else if (character === '{' || character === '[') {
      keys.push(character === '{' ? new Set() : undefined);
      if (keys.length > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
      at += 1;
      values += 1;
    } else if (character === '}' || character === ']') {
      keys.pop();
      at += 1;
    } else if (character === '-' || (character !== undefined && character >= '0' && character <= '9')) {
      const number = /[-+.\w]+/y;
      number.lastIndex = at;
      const token = number.exec(text)?.[0] ?? character;
      if (/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))) return 'an integer is beyond 2^53';
      if (!Number.isFinite(Number(token))) return 'a number is beyond what a double holds';
      at += token.length;
      values += 1;
    } else at += 1;
    if (values > MAX_VALUES) return `more than ${MAX_VALUES} values`;
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return -1;
}

function isKey(text: string, from: number): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\t' || text[at] === '\r') at += 1;
  return text[at] === ':';
}

/** `"a"` and `"\u0061"` are one key. */
function unescape(quoted: string): string | undefined {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted);
  } catch {
    return undefined;
  }
}
