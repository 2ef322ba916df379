import { hash } from 'node:crypto';

/** 128 bits, by which an id is known: nobody finds two ids of one. */
const WORDS = 4;

/** Ids of audit events, which are most, are such a number already (eventKey). */
const EVENT = 'event/';
const EVENT_LENGTH = EVENT.length + 2 * 4 * WORDS;

/** By what an id is known: made once, and held against any number of tables. */
export type IdWords = Int32Array;

export function newWords(): IdWords {
  return new Int32Array(WORDS);
}

/** @param into is overwritten */
export function readWords(id: string, into: IdWords): void {
  if (id.length === EVENT_LENGTH && id.startsWith(EVENT) && readHex(id, EVENT.length, into)) return;
  readHex(hash('sha256', id), 0, into);
}

/** @returns false where one of them is no lower-case hexadecimal digit */
function readHex(text: string, from: number, into: IdWords): boolean {
  let at = from;
  for (let index = 0; index < WORDS; index += 1) {
    let word = 0;
    for (const end = at + 8; at < end; at += 1) {
      const code = text.charCodeAt(at);
      if (code >= 0x30 && code <= 0x39) word = (word << 4) | (code - 0x30);
      else if (code >= 0x61 && code <= 0x66) word = (word << 4) | (code - 0x57);
      else return false;
    }
    into[index] = word;
  }
  return true;
}

/**
 * A set of ids that gives each a number, from 0 on. Of numbers alone: the collector of garbage need not look at hundreds of
 * thousands of texts again and again, which takes more than all else that is done to them.
 */
export class IdTable {
  size = 0;
  #words: Int32Array;
  /** Open addressing: the number of an id, and 1; 0 where there is none. At least twice as long as there are ids. */
  #places: Int32Array;

  /** @param capacity grows where it is too little */
  constructor(capacity: number) {
    this.#words = new Int32Array(capacity * WORDS);
    this.#places = new Int32Array(placesFor(capacity));
  }

  /** @returns its number, or -1 */
  find(words: IdWords): number {
    return (this.#places[this.#placeOf(words)] ?? 0) - 1;
  }

  /** One that is not in it. @returns its number */
  add(words: IdWords): number {
    if ((this.size + 1) * WORDS > this.#words.length) this.#grow();
    const number = this.size;
    this.#words.set(words, number * WORDS);
    this.#places[this.#placeOf(words)] = number + 1;
    this.size = number + 1;
    return number;
  }

  /** @param into is overwritten with the one of that number */
  copyTo(number: number, into: IdWords): void {
    for (let at = 0; at < WORDS; at += 1) into[at] = this.#words[number * WORDS + at] ?? 0;
  }

  clear(): void {
    this.size = 0;
    this.#places.fill(0);
  }

  #placeOf(words: IdWords): number {
    const [places, kept] = [this.#places, this.#words];
    const mask = places.length - 1;
    const [a, b, c, d] = [words[0], words[1], words[2], words[3]];
    // Somebody who chooses ids chooses none of these bits.
    let place = (a ?? 0) & mask;
    for (;;) {
      const number = places[place] ?? 0;
      if (number === 0) return place;
      const at = (number - 1) * WORDS;
      if (kept[at] === a && kept[at + 1] === b && kept[at + 2] === c && kept[at + 3] === d) return place;
      place = (place + 1) & mask;
    }
  }

  #grow(): void {
    const words = this.#words.subarray(0, this.size * WORDS);
    const grown = new IdTable(Math.max(64, 2 * this.size));
    for (let at = 0; at < words.length; at += WORDS) grown.add(words.subarray(at, at + WORDS));
    this.#words = grown.#words;
    this.#places = grown.#places;
  }
}

function placesFor(capacity: number): number {
  let places = 64;
  while (places < 2 * capacity) places *= 2;
  return places;
}
