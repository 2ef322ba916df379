/** A file of the ledger. */
export interface Segment {
  /** Number of its first record, by which it is named. */
  readonly first: number;
  /** Where some records stand, the first among them, in order: a reader need not begin at the beginning. */
  readonly marks: Mark[];
}

export interface Mark {
  readonly seq: number;
  readonly offset: number;
}

const SEGMENT_NAME = /^(\d{20})\.ndjson$/;
const SEAL_NAME = /^(\d{20})\.seal\.json$/;
const REMOVAL_NAME = /^(\d{20})\.removed\.json$/;

/** Between two marks, in bytes: so much is read in vain at most. A segment of 256 MiB has 256 of them. */
const MARK_BYTES = 1_048_576;

export function segmentName(first: number): string {
  return `${digits(first)}.ndjson`;
}

export function sealName(first: number): string {
  return `${digits(first)}.seal.json`;
}

export function removalName(first: number): string {
  return `${digits(first)}.removed.json`;
}

/** @returns the number of the first record; undefined for every other name */
export function segmentOf(name: string): number | undefined {
  return numberIn(SEGMENT_NAME, name);
}

export function sealOf(name: string): number | undefined {
  return numberIn(SEAL_NAME, name);
}

export function removalOf(name: string): number | undefined {
  return numberIn(REMOVAL_NAME, name);
}

/** The numbers in the names of one kind, ascending. */
export function inOrder(names: readonly string[], numberOf: (name: string) => number | undefined): readonly number[] {
  return names
    .map(numberOf)
    .filter((first) => first !== undefined)
    .sort((one, other) => one - other);
}

export function createSegment(first: number): Segment {
  return { first, marks: [{ seq: first, offset: 0 }] };
}

/** To be told in order; most are not kept. */
export function markRecord({ marks }: Segment, seq: number, offset: number): void {
  const last = marks.at(-1);
  if (last === undefined || offset - last.offset >= MARK_BYTES) marks.push({ seq, offset });
}

/** The last mark at or before `seq`. */
export function markBefore({ first, marks }: Segment, seq: number): Mark {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((marks[middle]?.seq ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  return marks[low - 1] ?? { seq: first, offset: 0 };
}

function digits(first: number): string {
  return String(first).padStart(20, '0');
}

function numberIn(pattern: RegExp, name: string): number | undefined {
  const text = pattern.exec(name)?.[1];
  if (text === undefined) return undefined;
  const first = Number(text);
  return Number.isSafeInteger(first) && first > 0 ? first : undefined;
}
