/** Kubernetes objects nest a dozen levels; Go's decoder lets 10,000 through, at which JSON.stringify throws. */
const MAX_DEPTH = 256;
/** 3 MiB of the smallest members; more is an attack on the parser, not an object. */
const MAX_VALUES = 500_000;
/** Shorter integers are all below 2^53, and numbers below 10^308. */
const LONG_NUMBER = 16;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
/** `[` and `{`, `]` and `}` differ in the bit that makes letters small. */
const SMALL = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const LETTER_E = 0x65;
const LETTER_U = 0x75;
const LETTER_D = 0x64;

export type ScannedJson =
  | {
      readonly problem: undefined;
      /** Members of all objects, which are the colons outside of strings. */
      readonly members: number;
      /** Whether an escape in it may be half a surrogate pair. */
      readonly surrogates: boolean;
    }
  | { readonly problem: string };

/**
 * One pass over JSON text in UTF-8, every byte of whose longer sequences is above ASCII. It need not find a syntax error:
 * JSON.parse does, and what is said here of text that it refuses does not matter.
 */
export function scanJson(bytes: Uint8Array): ScannedJson {
  let [at, depth, values, members, surrogates] = [0, 0, 0, 0, false];
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at += 1;
      for (let inside = bytes[at]; inside !== QUOTE; inside = bytes[at]) {
        if (inside === undefined) return { problem: 'not JSON' };
        if (inside === BACKSLASH) {
          surrogates ||= bytes[at + 1] === LETTER_U && ((bytes[at + 2] ?? 0) | SMALL) === LETTER_D;
          at += 2;
        } else at += 1;
      }
      at += 1;
      values += 1;
    } else if (byte === COLON) {
      at += 1;
      members += 1;
    } else if ((byte | SMALL) === OPENING) {
      at += 1;
      values += 1;
      depth += 1;
      if (depth > MAX_DEPTH) return { problem: `nested deeper than ${MAX_DEPTH} levels` };
    } else if ((byte | SMALL) === CLOSING) {
      at += 1;
      depth -= 1;
    } else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
      const start = at;
      let exponent = false;
      do {
        at += 1;
        exponent ||= ((bytes[at] ?? 0) | SMALL) === LETTER_E;
      } while (isOfNumber(bytes[at]));
      values += 1;
      const problem = exponent || at - start >= LONG_NUMBER ? problemOfNumber(bytes.subarray(start, at)) : undefined;
      if (problem !== undefined) return { problem };
    } else at += 1;
    if (values > MAX_VALUES) return { problem: `more than ${MAX_VALUES} values` };
  }
  return { problem: undefined, members, surrogates };
}

/** Digits, `-`, `+`, `.` and letters. */
function isOfNumber(byte = 0): boolean {
  if (byte >= ZERO && byte <= NINE) return true;
  return (byte >= 0x2b && byte <= 0x2e && byte !== 0x2c) || ((byte | SMALL) >= 0x61 && (byte | SMALL) <= 0x7a);
}

function problemOfNumber(bytes: Uint8Array): string | undefined {
  const token = Buffer.from(bytes).toString('latin1');
  if (/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))) return 'an integer is beyond 2^53';
  return Number.isFinite(Number(token)) ? undefined : 'a number is beyond what a double holds';
}
