import { LEVELS, STAGES } from '../../core/evidence/is-audit-event.ts';
import {
  ANY,
  EVENT_SHAPE,
  EVERY,
  KEY_PARTS,
  LEAF,
  type Member,
  NEEDED_MEMBERS,
  OBJECT,
  type Shape,
  signature,
  TEXT,
} from './event-shape.ts';
import { isDigit, JsonScanner, ZERO } from './json-scanner.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const OPENING_LIST = 0x5b;
const CLOSING_LIST = 0x5d;
/** `T`, where RFC 3339 has it. */
const CAPITAL_T = 0x54;

/** Keys are held against each other, which takes the square of their number. */
const MOST_KEYS = 64;
/** Of all objects that one nests in. */
const MOST_OPEN_KEYS = 4_096;

/**
 * Reads events that are written as kube-apiserver writes them, without making anything of them: JSON by the letter of RFC 8259
 * without any white space, no key twice and none with an escape that has another spelling, all fields of the types that an
 * event has. Whatever is not, is left to JSON.parse; so nothing here need be complete, but what is taken must be what
 * JSON.parse takes.
 */
export class EventScanner extends JsonScanner {
  /** Of the event read last: where each part of its key begins and ends, quotes included; -1 for one that is not there. */
  readonly starts = new Int32Array(KEY_PARTS);
  readonly ends = new Int32Array(KEY_PARTS);
  /** Bits: which of them are spelt with an escape. */
  escapedParts = 0;

  #needed = 0;
  #open = 0;
  /** Of the keys of the objects that are open: signature, start and end of each. */
  readonly #signatures = new Int32Array(MOST_OPEN_KEYS);
  readonly #keyStarts = new Int32Array(MOST_OPEN_KEYS);
  readonly #keyEnds = new Int32Array(MOST_OPEN_KEYS);

  /** @returns where the event that begins at `at` ends, or -1 where it is none that may be taken as it stands */
  read(at: number, maxDepth: number): number {
    this.at = at;
    this.#open = 0;
    this.#needed = 0;
    this.escapedParts = 0;
    this.starts.fill(-1);
    return this.bytes[at] === OPENING && this.#value(EVENT_SHAPE, maxDepth) && this.#needed === NEEDED_MEMBERS
      ? this.at
      : -1;
  }

  #value(shape: Shape, depth: number): boolean {
    switch (shape.is) {
      case LEAF.Any:
        return this.#anything(depth);
      case LEAF.Text:
        return this.string();
      case LEAF.Texts:
        return this.bytes[this.at] === OPENING_LIST && this.#list(TEXT, depth);
      case EVERY:
        return this.bytes[this.at] === OPENING && this.#object(undefined, shape.each, depth);
      case OBJECT:
        return this.bytes[this.at] === OPENING && this.#object(shape.members, ANY, depth);
      case LEAF.Code:
        return this.#code();
      case LEAF.Time:
        return this.#time();
      case LEAF.Level:
        return this.#oneOf(LEVELS);
      case LEAF.Stage:
        return this.#oneOf(STAGES);
    }
  }

  #anything(depth: number): boolean {
    switch (this.bytes[this.at]) {
      case QUOTE:
        return this.string();
      case OPENING:
        return this.#object(undefined, ANY, depth);
      case OPENING_LIST:
        return this.#list(ANY, depth);
      case 0x74:
        return this.word('true');
      case 0x66:
        return this.word('false');
      case 0x6e:
        return this.word('null');
      default:
        return this.number();
    }
  }

  #object(members: ReadonlyMap<number, Member> | undefined, others: Shape, depth: number): boolean {
    if (depth === 0) return false;
    const bytes = this.bytes;
    this.at += 1;
    if (bytes[this.at] === CLOSING) {
      this.at += 1;
      return true;
    }
    const first = this.#open;
    for (;;) {
      if (!this.#key(first)) return false;
      const known = members === undefined ? undefined : this.#known(members);
      if (known === undefined) {
        if (!this.#value(others, depth - 1)) return false;
      } else {
        const start = this.at;
        if (!this.#value(known.shape, depth - 1)) return false;
        if (known.part !== undefined) {
          this.starts[known.part] = start;
          this.ends[known.part] = this.at;
          if (this.escaped) this.escapedParts |= 1 << known.part;
        }
        if (known.needed) this.#needed += 1;
      }
      const byte = bytes[this.at];
      this.at += 1;
      if (byte === CLOSING) break;
      if (byte !== COMMA) return false;
    }
    this.#open = first;
    return true;
  }

  #list(each: Shape, depth: number): boolean {
    if (depth === 0) return false;
    const bytes = this.bytes;
    this.at += 1;
    if (bytes[this.at] === CLOSING_LIST) {
      this.at += 1;
      return true;
    }
    for (;;) {
      if (!this.#value(each, depth - 1)) return false;
      const byte = bytes[this.at];
      this.at += 1;
      if (byte === CLOSING_LIST) return true;
      if (byte !== COMMA) return false;
    }
  }

  /** A key and its colon: one that no other of its object is, whose keys begin at `first`. */
  #key(first: number): boolean {
    const start = this.at + 1;
    if (!this.string() || this.respelt || this.bytes[this.at] !== COLON) return false;
    const end = this.at - 1;
    this.at += 1;
    const open = this.#open;
    if (open - first === MOST_KEYS || open === MOST_OPEN_KEYS) return false;
    const [signatures, own] = [this.#signatures, signature(this.view, start, end - start)];
    for (let at = first; at < open; at += 1) if (signatures[at] === own && this.#isKey(at, start, end)) return false;
    signatures[open] = own;
    this.#keyStarts[open] = start;
    this.#keyEnds[open] = end;
    this.#open = open + 1;
    return true;
  }

  #isKey(key: number, start: number, end: number): boolean {
    const other = this.#keyStarts[key] ?? 0;
    if ((this.#keyEnds[key] ?? 0) - other !== end - start) return false;
    for (let at = start; at < end; at += 1) if (this.bytes[at] !== this.bytes[other + at - start]) return false;
    return true;
  }

  /** The member that the key read last is. */
  #known(members: ReadonlyMap<number, Member>): Member | undefined {
    const key = this.#open - 1;
    const member = members.get(this.#signatures[key] ?? 0);
    if (member === undefined) return undefined;
    const start = this.#keyStarts[key] ?? 0;
    return (this.#keyEnds[key] ?? 0) - start === member.name.length && this.stands(member.name, start)
      ? member
      : undefined;
  }

  /** As `isAuditEvent` has it; only such as are one byte a character, so that it has as many characters as bytes. */
  #time(): boolean {
    const start = this.at + 1;
    if (!this.string() || this.escaped || this.bytes[start + 10] !== CAPITAL_T) return false;
    const end = this.at - 1;
    if (end - start < 20 || end - start > 40) return false;
    for (let at = start; at < end; at += 1) if ((this.bytes[at] ?? 0) > 0x7e) return false;
    return true;
  }

  /** Three digits, of which there is one spelling. */
  #code(): boolean {
    const { at, bytes } = this;
    this.at += 3;
    return (bytes[at] ?? 0) > ZERO && isDigit(bytes[at]) && isDigit(bytes[at + 1]) && isDigit(bytes[at + 2]);
  }

  #oneOf(texts: readonly string[]): boolean {
    const start = this.at + 1;
    if (!this.string()) return false;
    const length = this.at - 1 - start;
    for (const text of texts) if (text.length === length && this.stands(text, start)) return true;
    return false;
  }
}
