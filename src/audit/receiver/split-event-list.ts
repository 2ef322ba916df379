/** Where one item of the list stands in the body, and what a look at its bytes says before anything parses it. */
export interface ItemRange {
  readonly start: number;
  readonly end: number;
  /** How deep it nests; itself is 1. */
  readonly depth: number;
  /** Values in it, which is what parsing costs: strings, numbers, objects and arrays. */
  readonly values: number;
  /** Colons outside of strings: as many as it has members, each counted as often as it stands there. */
  readonly members: number;
  /** Whether a line break stands in it, which a line of the ledger may not have. */
  readonly broken: boolean;
}

export type SplitList<Plain = never> =
  | { readonly ok: true; readonly items: readonly (ItemRange | Plain)[] }
  | { readonly ok: false; readonly problem: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
/** `[` and `{`, `]` and `}` differ in the bit that makes letters small. */
const SMALL = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const OPENING_LIST = 0x5b;
const CLOSING_LIST = 0x5d;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Reads an item that need not be looked at more closely; undefined for every other. */
type ReadPlain<Plain> = (at: number) => Plain | undefined;

const NOT_JSON = { ok: false, problem: 'not JSON' } as const;

/**
 * Finds the items of an EventList (audit.k8s.io/v1) without parsing them: each is then parsed by itself, so that one that is
 * too deep, too long or no JSON loses nothing of the others. Everything around the items is parsed here.
 */
export function splitEventList<Plain extends { readonly end: number } = never>(
  bytes: Buffer,
  maxItems: number,
  plain?: ReadPlain<Plain>,
): SplitList<Plain> {
  const scan = new Scanner(bytes);
  scan.skipSpace();
  if (bytes[scan.at] !== OPENING) return NOT_JSON;
  scan.at += 1;
  let list:
    | { readonly start: number; readonly end: number; readonly items: readonly (ItemRange | Plain)[] }
    | undefined;
  for (;;) {
    scan.skipSpace();
    if (bytes[scan.at] === CLOSING) break;
    const key = scan.value();
    scan.skipSpace();
    if (key === undefined || bytes[scan.at] !== COLON) return NOT_JSON;
    scan.at += 1;
    scan.skipSpace();
    if (isItems(bytes, key) && bytes[scan.at] === OPENING_LIST) {
      if (list !== undefined) return { ok: false, problem: 'items stands twice' };
      const start = scan.at + 1;
      const items = scan.items(maxItems, plain);
      if (items === 'not JSON') return NOT_JSON;
      if (items === 'too many') return { ok: false, problem: `more than ${maxItems} events in one list` };
      list = { start, end: scan.at - 1, items };
    } else if (scan.value() === undefined) return NOT_JSON;
    scan.skipSpace();
    if (bytes[scan.at] === COMMA) scan.at += 1;
    else if (bytes[scan.at] !== CLOSING) return NOT_JSON;
  }
  // What stands around the items, and behind the list, is small and is judged by JSON.parse.
  const envelope =
    list === undefined
      ? bytes.toString('utf8')
      : bytes.toString('utf8', 0, list.start) + bytes.toString('utf8', list.end);
  const problem = problemOfEnvelope(envelope);
  return problem === undefined ? { ok: true, items: list?.items ?? [] } : { ok: false, problem };
}

function problemOfEnvelope(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return NOT_JSON.problem;
  }
  const { kind, apiVersion, items } = value as Readonly<Record<string, unknown>>;
  if (kind !== 'EventList' || apiVersion !== 'audit.k8s.io/v1') return 'not an EventList of audit.k8s.io/v1';
  // An empty list is null in Go. A key that is spelt with an escape hides its items from the scan.
  if (items === undefined || items === null || (Array.isArray(items) && items.length === 0)) return undefined;
  return 'its items are no list of events';
}

function isItems(bytes: Buffer, { start, end }: ItemRange): boolean {
  return end - start === 7 && bytes.toString('latin1', start + 1, end - 1) === 'items';
}

/** Goes over JSON text byte by byte. It need not find every syntax error: JSON.parse does. */
class Scanner {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skipSpace(): void {
    while (isSpace(this.#bytes[this.at])) this.at += 1;
  }

  /** From the `[` on; ends behind the `]`. */
  items<Plain extends { readonly end: number }>(
    maxItems: number,
    plain: ReadPlain<Plain> | undefined,
  ): readonly (ItemRange | Plain)[] | 'not JSON' | 'too many' {
    const items: (ItemRange | Plain)[] = [];
    this.at += 1;
    this.skipSpace();
    if (this.#bytes[this.at] === CLOSING_LIST) {
      this.at += 1;
      return items;
    }
    for (;;) {
      this.skipSpace();
      const item = plain?.(this.at) ?? this.value();
      if (item === undefined) return 'not JSON';
      this.at = item.end;
      if (items.length === maxItems) return 'too many';
      items.push(item);
      this.skipSpace();
      const byte = this.#bytes[this.at];
      this.at += 1;
      if (byte === CLOSING_LIST) return items;
      if (byte !== COMMA) return 'not JSON';
    }
  }

  /** Goes behind the value that begins here; undefined where none does, or the text ends within. */
  value(): ItemRange | undefined {
    const bytes = this.#bytes;
    const { length } = bytes;
    const start = this.at;
    let [at, depth, deepest, values, members, broken] = [start, 0, 0, 0, 0, false];
    while (at < length) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        at += 1;
        for (;;) {
          if (at >= length) return undefined;
          const inside = bytes[at];
          if (inside === QUOTE) break;
          at += inside === BACKSLASH ? 2 : 1;
        }
        at += 1;
        values += 1;
        if (depth === 0) break;
      } else if ((byte | SMALL) === OPENING) {
        at += 1;
        depth += 1;
        values += 1;
        if (depth > deepest) deepest = depth;
      } else if ((byte | SMALL) === CLOSING) {
        if (depth === 0) break;
        at += 1;
        depth -= 1;
        if (depth === 0) break;
      } else if (byte === COLON) {
        if (depth === 0) break;
        at += 1;
        members += 1;
      } else if (depth === 0 && (byte === COMMA || isSpace(byte))) break;
      else {
        if (byte === NEWLINE || byte === RETURN) broken = true;
        else if (byte === COMMA) values += 1;
        at += 1;
      }
    }
    if (depth > 0 || at === start) return undefined;
    this.at = at;
    return { start, end: at, depth: deepest, values, members, broken };
  }
}

/** RFC 8259 §2. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === RETURN || byte === 0x09;
}

/** Where the members of an object stand: the value of each key that is spelt without an escape, the last of its name. */
export function membersOf(bytes: Buffer, item: ItemRange): ReadonlyMap<string, ItemRange> {
  const found = new Map<string, ItemRange>();
  const scan = new Scanner(bytes.subarray(0, item.end));
  scan.at = item.start;
  if (bytes[scan.at] !== OPENING) return found;
  scan.at += 1;
  for (;;) {
    scan.skipSpace();
    const key = scan.value();
    scan.skipSpace();
    if (key === undefined || bytes[scan.at] !== COLON) return found;
    scan.at += 1;
    scan.skipSpace();
    const value = scan.value();
    if (value === undefined) return found;
    found.set(bytes.toString('utf8', key.start + 1, key.end - 1), value);
    scan.skipSpace();
    if (bytes[scan.at] !== COMMA) return found;
    scan.at += 1;
  }
}
