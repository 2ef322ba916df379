const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const SLASH = 0x2f;
const POINT = 0x2e;
export const ZERO = 0x30;
const SMALL_E = 0x65;
const SMALL_U = 0x75;

const HIGH_BITS = 0x80808080 | 0;

/** Reads texts, numbers and words by the letter of RFC 8259, one behind the other, without making anything of them. */
export class JsonScanner {
  /** Where the next one begins. */
  at = 0;
  /** Whether the text read last is spelt with an escape. */
  escaped = false;
  /** Whether with one that has another spelling (`\u0022`, `\/`): texts without any are the same only where their bytes are. */
  respelt = false;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  /** @param bytes UTF-8: the caller has made sure of it */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Whether these letters of ASCII stand at a place. */
  stands(text: string, at: number): boolean {
    for (let index = 0; index < text.length; index += 1)
      if (this.bytes[at + index] !== text.charCodeAt(index)) return false;
    return true;
  }

  /** From its quote on; ends behind the other one. */
  string(): boolean {
    const [bytes, view] = [this.bytes, this.view];
    const { length } = bytes;
    const lastFour = length - 4;
    let at = this.at;
    this.escaped = false;
    this.respelt = false;
    if (bytes[at] !== QUOTE) return false;
    at += 1;
    while (at < length) {
      // Four bytes at once. A bit is set in `found` for the first that ends the text, begins an escape or may not stand here.
      while (at <= lastFour) {
        const four = view.getInt32(at, true);
        const quote = four ^ 0x22222222;
        const backslash = four ^ 0x5c5c5c5c;
        const found =
          (((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) | ((four - 0x20202020) & ~four)) &
          HIGH_BITS;
        if (found !== 0) {
          at += (31 - Math.clz32(found & -found)) >> 3;
          break;
        }
        at += 4;
      }
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.at = at + 1;
        return true;
      }
      if (byte < 0x20) return false;
      if (byte === BACKSLASH) {
        this.escaped = true;
        const escape = bytes[at + 1] ?? 0;
        if (escape === SMALL_U || escape === SLASH) this.respelt = true;
        if (escape === SMALL_U) {
          for (let digit = at + 2; digit < at + 6; digit += 1) if (!isHexDigit(bytes[digit])) return false;
          at += 6;
        } else if (isShortEscape(escape)) at += 2;
        else return false;
      } else at += 1;
    }
    return false;
  }

  number(): boolean {
    const bytes = this.bytes;
    if (bytes[this.at] === MINUS) this.at += 1;
    if (bytes[this.at] === ZERO) this.at += 1;
    else if (!this.#digits()) return false;
    if (bytes[this.at] === POINT) {
      this.at += 1;
      if (!this.#digits()) return false;
    }
    if (((bytes[this.at] ?? 0) | 0x20) === SMALL_E) {
      this.at += 1;
      const sign = bytes[this.at];
      if (sign === MINUS || sign === 0x2b) this.at += 1;
      if (!this.#digits()) return false;
    }
    return true;
  }

  #digits(): boolean {
    const bytes = this.bytes;
    const start = this.at;
    let at = start;
    while (isDigit(bytes[at])) at += 1;
    this.at = at;
    return at > start;
  }

  word(word: string): boolean {
    const at = this.at;
    this.at = at + word.length;
    return this.stands(word, at);
  }
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  const small = (byte ?? 0) | 0x20;
  return isDigit(byte) || (small >= 0x61 && small <= 0x66);
}

/** What may stand behind a backslash: RFC 8259 §7. */
function isShortEscape(byte: number): boolean {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case SLASH:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    default:
      return false;
  }
}
