/**
 * Compares what a page says that a command prints with what it prints. Names with a hash, digests, times and ages differ
 * from run to run; blanks and line ends do not count; `…` stands for anything.
 */
export class Transcript {
  /** The name in the page → the name in this run. A name means the same throughout a page. */
  readonly #names = new Map<string, string>();
  readonly #older: ReadonlySet<string>;

  /** @param older names of requests that were there before; rows of a table that begin with one do not count */
  constructor(older: ReadonlySet<string> = new Set()) {
    this.#older = older;
  }

  /** A command as it stands in the page, with the names of this run. */
  translate(text: string): string {
    return text.replaceAll(NAME, (name) => this.#names.get(name) ?? name);
  }

  /** Undefined where `actual` is what the page says; otherwise the part of the page that it does not say. */
  missing(documented: string, printed: string): string | undefined {
    const actual = this.#withoutOlder(printed);
    this.#learn(documented, actual);
    const said = flatten(actual);
    let from = 0;
    for (const part of flatten(this.translate(documented)).split('…')) {
      const text = part.trim();
      if (text === '') continue;
      const at = said.indexOf(text, from);
      if (at === -1) return text;
      from = at + text.length;
    }
    return undefined;
  }

  #withoutOlder(printed: string): string {
    const lines = printed.split('\n');
    return lines.filter((line) => !this.#older.has(line.slice(0, line.indexOf(' ')))).join('\n');
  }

  /** The first new name of the page means the first new name that was printed and that has the same words. */
  #learn(documented: string, actual: string): void {
    const taken = new Set(this.#names.values());
    const printed = (actual.match(NAME) ?? []).filter((name) => !taken.has(name));
    for (const name of documented.match(NAME) ?? []) {
      if (this.#names.has(name)) continue;
      const met = printed.find((each) => words(each) === words(name) && !taken.has(each));
      if (met === undefined) continue;
      taken.add(met);
      this.#names.set(name, met);
    }
  }
}

/** `exec-web-0-7f3c1a9e`, `connect-0d119dad`: words and 8 characters of a hash. */
const NAME = /\b[a-z][a-z0-9]*(?:-[a-z0-9]+)*-[0-9a-f]{8}\b/g;

function words(name: string): string {
  return name.slice(0, -'-7f3c1a9e'.length);
}

function flatten(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/\d\d:\d\d:\d\d UTC/g, 'TIME')
    .replaceAll(/sha256:[0-9a-f]{12,64}/g, 'DIGEST')
    .replaceAll(/\(in [0-9dhms]+\)/g, '(in AGE)')
    .replaceAll(/\([0-9dhms]+ ago\)/g, '(AGE ago)')
    .replaceAll(/(?<=\s)\d+[dhms](\d+[hms])?(?=\s|$)/g, 'AGE')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
